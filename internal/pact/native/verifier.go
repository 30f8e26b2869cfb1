//go:build pact

package native

/*
#include <stdlib.h>

// Of libpact_ffi 0.5.8, whose package has no header.
struct VerifierHandle;
struct VerifierHandle *pactffi_verifier_new_for_application(const char *name, const char *version);
void pactffi_verifier_shutdown(struct VerifierHandle *handle);
void pactffi_verifier_set_provider_info(struct VerifierHandle *handle, const char *name, const char *scheme,
	const char *host, unsigned short port, const char *path);
void pactffi_verifier_set_provider_state(struct VerifierHandle *handle, const char *url,
	unsigned char teardown, unsigned char body);
int pactffi_verifier_set_verification_options(struct VerifierHandle *handle,
	unsigned char disable_ssl_verification, unsigned long request_timeout);
void pactffi_verifier_set_follow_redirects(struct VerifierHandle *handle, unsigned char follow);
int pactffi_verifier_set_coloured_output(struct VerifierHandle *handle, unsigned char coloured);
int pactffi_verifier_set_no_pacts_is_error(struct VerifierHandle *handle, unsigned char is_error);
void pactffi_verifier_add_file_source(struct VerifierHandle *handle, const char *file);
int pactffi_verifier_execute(struct VerifierHandle *handle);
const char *pactffi_verifier_json(const struct VerifierHandle *handle);
void pactffi_string_delete(char *string);
const char *pactffi_version(void);

*/
import "C"

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unsafe"
)

// Request is what to verify against which provider.
type Request struct {
	File     string // the pact
	Provider string // its name in the pact
	Host     string
	Port     int
	Path     string        // before the paths of the pact
	StateURL string        // is sent each provider state; "" for none
	Timeout  time.Duration // of one request
}

// Result is what the verifier says of one interaction. Its texts may hold
// values that the provider sent.
type Result struct {
	Description string
	OK          bool
	Mismatches  []Mismatch
	NoAnswer    bool // the request failed, so that nothing could be compared
}

// Mismatch is one difference. Expected and Actual are JSON texts for a place in
// a body.
type Mismatch struct {
	Type     string // "StatusMismatch", "HeaderMismatch", "BodyMismatch", "BodyTypeMismatch"
	Path     string // JSONPath into the body
	Key      string // name of the header
	Expected text
	Actual   text
	Mismatch string
}

// text takes a JSON string as it is and anything else as its JSON.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s *string // nil stays for null, which is a value too
	if json.Unmarshal(data, &s) == nil && s != nil {
		*t = text(*s)
		return nil
	}
	*t = text(data)
	return nil
}

// Version is that of the native library.
func Version() string { return C.GoString(C.pactffi_version()) }

// Verify lets the verifier send every interaction of the pact. It follows no
// redirect. It is safe for concurrent use, once [Quiet] has been called.
//
// The error says that the verification could not be done; a pact that does not
// hold is none.
func Verify(r Request) ([]Result, error) {
	if !quiet.Load() {
		return nil, errors.New("native.Quiet has not been called: the verifier would print what the provider sends")
	}
	name, version := C.CString("loginwatch"), C.CString("0")
	provider, scheme, host := C.CString(r.Provider), C.CString("http"), C.CString(r.Host)
	path, file, state := C.CString(r.Path), C.CString(r.File), C.CString(r.StateURL)
	for _, s := range []*C.char{name, version, provider, scheme, host, path, file, state} {
		defer C.free(unsafe.Pointer(s))
	}
	handle := C.pactffi_verifier_new_for_application(name, version)
	if handle == nil {
		return nil, errors.New("the verifier did not start")
	}
	defer C.pactffi_verifier_shutdown(handle)
	C.pactffi_verifier_set_provider_info(handle, provider, scheme, host, C.ushort(r.Port), path)
	if r.StateURL != "" {
		C.pactffi_verifier_set_provider_state(handle, state, 0, 1)
	}
	if code := C.pactffi_verifier_set_verification_options(handle, 0, C.ulong(r.Timeout.Milliseconds())); code != 0 {
		return nil, fmt.Errorf("the verifier refused its options (%d)", int(code))
	}
	C.pactffi_verifier_set_follow_redirects(handle, 0)
	C.pactffi_verifier_set_coloured_output(handle, 0)
	C.pactffi_verifier_set_no_pacts_is_error(handle, 1)
	C.pactffi_verifier_add_file_source(handle, file)
	code := C.pactffi_verifier_execute(handle)
	answer := C.pactffi_verifier_json(handle)
	if answer == nil {
		return nil, fmt.Errorf("the verifier gave no result (%d)", int(code))
	}
	defer C.pactffi_string_delete((*C.char)(unsafe.Pointer(answer)))
	return read(int(code), []byte(C.GoString(answer)))
}

func read(code int, answer []byte) ([]Result, error) {
	var report struct {
		Result       bool
		Interactions []struct {
			Description string
			Result      string
			Mismatch    struct {
				Type       string
				Mismatches []Mismatch
			}
		} `json:"interactionResults"`
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return nil, errors.New("the verifier's result can't be read")
	}
	var results []Result
	good := true
	for _, i := range report.Interactions {
		r := Result{Description: i.Description, OK: i.Result == "OK", Mismatches: i.Mismatch.Mismatches}
		r.NoAnswer = !r.OK && len(r.Mismatches) == 0
		good = good && r.OK
		results = append(results, r)
	}
	if len(results) == 0 || report.Result != good || (code == 0) != good {
		return nil, fmt.Errorf("the verifier could not run (%d)", code)
	}
	return results, nil
}
