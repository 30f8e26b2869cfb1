package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

const listenForm = "must be HOST:PORT, such as 127.0.0.1:9713"

// CheckListen tells what is wrong with an address to listen on. The host may be
// empty, for every interface; the port 0 is any that is free. Errors complete a
// sentence that begins with the value's name; of the value they repeat numbers at
// most, since a URL may hold a password.
func CheckListen(address string) error {
	if mistake := listenMistake(address); mistake != "" {
		return errors.New(listenForm + ": " + mistake)
	}
	return nil
}

func listenMistake(address string) string {
	number := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	switch {
	case address == "":
		return "it is empty"
	case hasControl(address):
		return "it holds white space or a control character"
	case strings.Contains(address, "/"):
		return "it is a URL or a path"
	case number(address):
		return fmt.Sprintf("a port alone is written 127.0.0.1:%[1]s for this machine, :%[1]s for every interface", address)
	}
	host, port, err := net.SplitHostPort(address)
	switch _, bare := netip.ParseAddr(address); {
	case err != nil && bare == nil && strings.Contains(address, ":"), err != nil && strings.Count(address, ":") > 1:
		return "an IPv6 address stands in brackets, as in [::1]:9713"
	case err != nil && !strings.Contains(address, ":"):
		return "it names no port"
	case err != nil:
		return "its brackets are not even"
	case !number(port):
		return "the port must be a number"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return fmt.Sprintf("the port %s is not from 0 to 65535", port)
	}
	return hostMistake(host)
}

func hostMistake(host string) string {
	if _, err := netip.ParseAddr(host); host == "" || err == nil {
		return ""
	}
	switch {
	case strings.Contains(host, ":"):
		return "the brackets hold no IPv6 address"
	case strings.Trim(host, "0123456789.") == "":
		return "the host is no IPv4 address"
	case strings.ContainsFunc(host, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.", r)
	}):
		return "the host holds a character that no host's name has"
	}
	return ""
}
