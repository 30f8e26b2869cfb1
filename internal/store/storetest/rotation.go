package storetest

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/loginwatch/loginwatch"
)

// token is a secret that rotates.
var token = loginwatch.RotatingSecret{Vendor: "acme", Name: "refresh_token", Configured: [32]byte{1, 2, 3}}

// rotate changes what is kept of a secret, and gives what was kept before.
func (s *session) rotate(of loginwatch.RotatingSecret, to loginwatch.Rotated) (was loginwatch.Rotated) {
	s.t.Helper()
	if err := s.ledger.Rotate(context.Background(), of, func(k *loginwatch.Rotated) { was, *k = *k, to }); err != nil {
		s.t.Fatal(err)
	}
	return was
}

// rotatedIs checks what is kept of a secret.
func (s *session) rotatedIs(of loginwatch.RotatingSecret, want loginwatch.Rotated) {
	s.t.Helper()
	if was := s.rotate(of, want); was != want {
		s.t.Fatalf("%v: kept is %+v, want %+v", of, was, want)
	}
}

var rotationTests = []named{
	{"nothing is kept of a secret that nobody rotated", func(s *session) {
		s.rotatedIs(token, loginwatch.Rotated{})
	}},
	{"what became of a secret is kept", func(s *session) {
		next := loginwatch.Rotated{Value: "the next one", Spent: true}
		s.rotate(token, next)
		s.rotatedIs(token, next)
		next.Spent = false
		s.rotate(token, next)
		s.rotatedIs(token, next)
	}},
	{"secrets of other vendors and names, and that began otherwise, are others", func(s *session) {
		s.rotate(token, loginwatch.Rotated{Value: "one"})
		for _, other := range []loginwatch.RotatingSecret{
			{Vendor: "another", Name: token.Name, Configured: token.Configured},
			{Vendor: token.Vendor, Name: token.Name, Configured: [32]byte{1, 2}},
			{Vendor: token.Vendor, Name: "code", Configured: token.Configured},
		} {
			s.rotatedIs(other, loginwatch.Rotated{})
			s.rotate(other, loginwatch.Rotated{Value: "two"})
		}
		s.rotatedIs(token, loginwatch.Rotated{Value: "one"})
	}},
	{"of many at once one spends it", func(s *session) {
		var spent atomic.Int64
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				mine := false
				err := s.ledger.Rotate(context.Background(), token, func(k *loginwatch.Rotated) { mine, k.Spent = !k.Spent, true })
				if err != nil {
					s.t.Error(err)
				} else if mine {
					spent.Add(1)
				}
			})
		}
		wg.Wait()
		if n := spent.Load(); n != 1 {
			s.t.Errorf("%d of 40 spent it", n)
		}
	}},
}
