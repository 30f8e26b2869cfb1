package compute

import (
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

const defaultPeriod = 30 // seconds (RFC 6238, section 4.1)

func (c *call) totpStep() time.Duration {
	return time.Duration(c.number("period", defaultPeriod)) * time.Second
}

// totpOptions are the call's for the library, which reads the seed in base32.
func (c *call) totpOptions() totp.ValidateOpts {
	options := totp.ValidateOpts{Period: uint(c.totpStep() / time.Second), Skew: 1, Digits: otp.DigitsSix}
	if c.option("digits") == "8" {
		options.Digits = otp.DigitsEight
	}
	switch c.option("hash") {
	case "sha256":
		options.Algorithm = otp.AlgorithmSHA256
	case "sha512":
		options.Algorithm = otp.AlgorithmSHA512
	}
	return options
}

// seed takes what vendors print between the letters out, which the library does
// not read.
func (c *call) seed() string {
	return strings.TrimRight(strings.NewReplacer(" ", "", "-", "", "\t", "", "\n", "", "\r", "").Replace(c.Of[0]), "=")
}

func totpCode(c *call) (string, error) {
	seed := c.seed()
	if seed == "" {
		return "", c.wrongInput(0, "is empty")
	}
	code, err := totp.GenerateCodeCustom(seed, c.env.Now, c.totpOptions())
	if err != nil { // which would name no more than that
		return "", c.wrongInput(0, "is no seed in base32 (RFC 4648, section 6)")
	}
	return code, nil
}

// acceptsTOTP takes the code of this step or of one beside it (RFC 6238, section
// 5.2). Whether it was used before is the caller's to know.
func acceptsTOTP(c *call, value string) bool {
	if c.seed() == "" || strings.Trim(value, "0123456789") != "" {
		return false
	}
	ok, err := totp.ValidateCustom(value, c.seed(), c.env.Now.Truncate(time.Second), c.totpOptions())
	return ok && err == nil
}
