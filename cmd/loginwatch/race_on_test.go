//go:build race

package main

// raceDetector makes our code slower than the standard library's, so ratios of
// their CPU mean nothing.
const raceDetector = true
