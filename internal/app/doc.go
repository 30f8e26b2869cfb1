// Package app puts the rooms together: the daemon, a verification and simulators.
// The command, the tests and the demonstrations all get them from here, so that
// what is tested is what runs. It reads no command line and never exits.
package app
