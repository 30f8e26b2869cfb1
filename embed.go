package loginwatch

import "embed"

// Embedded is the pack that ships inside the binary: contracts/, schemas/ and
// probes/ of the first vendors, laid out like any pack a user adds.
//
//go:embed contracts schemas probes
var Embedded embed.FS
