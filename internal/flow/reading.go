package flow

import "github.com/loginwatch/loginwatch"

// reading gives the source from which one run reads: each place is asked once, so that a
// user name and a password that were replaced meanwhile still belong together.
func reading(source loginwatch.SecretSource) loginwatch.SecretSource {
	if r, ok := source.(loginwatch.SecretReader); ok {
		return r.Read()
	}
	return source
}

// costs tells whether only a run reads the secret.
func costs(source loginwatch.SecretSource, name string) bool {
	r, ok := source.(loginwatch.SecretReader)
	return ok && r.Costs(name)
}
