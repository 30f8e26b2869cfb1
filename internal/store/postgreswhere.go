package store

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

type pgHost struct {
	name string
	port uint16
}

// pgHosts gives the servers of a configuration, in their order.
func pgHosts(c *pgx.ConnConfig) []pgHost {
	hosts := []pgHost{{c.Host, c.Port}}
	for _, f := range c.Fallbacks {
		if h := (pgHost{f.Host, f.Port}); !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// pgWhere names a database for people.
func pgWhere(c *pgx.ConnConfig) string {
	var hosts []string
	for _, h := range pgHosts(c) {
		hosts = append(hosts, net.JoinHostPort(h.name, fmt.Sprint(h.port)))
	}
	return fmt.Sprintf("postgres://%s@%s/%s", c.User, strings.Join(hosts, ","), c.Database)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
