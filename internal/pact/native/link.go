//go:build pact

package native

// #cgo linux LDFLAGS: -L${SRCDIR}/../../../bin/pact -Wl,-rpath,${SRCDIR}/../../../bin/pact -lpact_ffi
// #cgo darwin LDFLAGS: -L${SRCDIR}/../../../bin/pact -Wl,-rpath,${SRCDIR}/../../../bin/pact -lpact_ffi
import "C"
