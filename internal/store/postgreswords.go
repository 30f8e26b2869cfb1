package store

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// inPgWords says what an error of PostgreSQL's, or of the way there, means for who has
// the server, and what to do. No value of ours that an error could repeat is a secret:
// the password is in none.
func inPgWords(err error) error {
	if err == nil || errors.As(err, new(*worded)) {
		return err
	}
	if words := pgWords(err); words != "" {
		return &worded{words, err}
	}
	return err
}

// worded is an error with words in front.
type worded struct {
	words string
	err   error
}

func (w *worded) Error() string {
	return w.words + " (" + strings.Join(strings.Fields(w.err.Error()), " ") + ")"
}
func (w *worded) Unwrap() error { return w.err }

func pgWords(err error) string {
	var refused *pgconn.PgError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.Is(err, errStandby):
		return ""
	case errors.As(err, &refused):
		return wordsOfState[refused.Code]
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return "only a standby answers, which can't be written: promote it, or name the primary's address as well"
	case errors.As(err, &dns):
		return "its host is not known here: see the name, and the name server"
	case errors.As(err, &cert):
		return "its certificate is not trusted: name the authority with sslrootcert=FILE"
	case refusedTLS(err):
		return "the server speaks no TLS, so nothing is said to it: give it a certificate, or allow plain text with sslmode=disable"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "nothing listens there: see whether the server runs, and its address and port"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to its host"
	case pgconn.Timeout(err), errors.Is(err, context.DeadlineExceeded):
		return "it does not answer in time: see the server, its standby and the network"
	case unreachable(err):
		return "the connection is gone: see whether the server runs"
	}
	return ""
}

// refusedTLS tells whether the server speaks no TLS; pgx has no type for that.
func refusedTLS(err error) bool { return strings.Contains(err.Error(), "server refused TLS") }

// wordsOfState are the words of an SQLSTATE
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
var wordsOfState = map[string]string{
	"28P01": "the server refuses the password: see the reference under password",
	"28000": "the server lets this user not in from here: see its pg_hba.conf and the user's name",
	"3D000": "there is no such database: create it, owned by the user of the URL",
	"42501": "the user may not do that: let it own the database, or the schema loginwatch; who only reads needs USAGE of the schema and SELECT on its tables",
	"3F000": "its tables are gone: put back a backup, or restart to begin anew",
	"42P01": "its tables are gone: put back a backup, or restart to begin anew",
	"25006": "it is a standby now, which can't be written: name the primary's address as well",
	"53100": "the server's disk is full",
	"53300": "the server has no connection left: raise max_connections",
	"55P03": "somebody holds the same credential, limit or slot for too long: see pg_stat_activity for who waits",
	"57P01": "the server is being shut down",
	"57P02": "the server has crashed",
	"57P03": "the server is starting or stopping",
	"57014": "the server took too long",
}
