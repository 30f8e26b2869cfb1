package storetest

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Texts keeps texts for all who share a store, each under a head of its own.
type Texts interface {
	Text(ctx context.Context, key string) (string, error)
	Texts(ctx context.Context) (map[string]string, error)
	Swap(ctx context.Context, key, head, text string) (swapped bool, err error)
}

// RunTexts tests texts of which there are none yet.
func RunTexts(t *testing.T, kept Texts) {
	t.Helper()
	ctx := t.Context()
	is := func(key, want string) {
		t.Helper()
		if got, err := kept.Text(ctx, key); got != want || err != nil {
			t.Fatalf("%q, %v: want %q", got, err, want)
		}
	}
	swap := func(key, head, text string, want bool) {
		t.Helper()
		if swapped, err := kept.Swap(ctx, key, head, text); swapped != want || err != nil {
			t.Fatalf("swapped %v, %v", swapped, err)
		}
	}
	const key = "acme\x00production"
	is(key, "")
	swap(key, "1 a", "2 b\ntwo", false)
	swap(key, "", "1 a\none", true)
	swap(key, "", "1 c\nanother", false)
	swap(key, "1 a", "2 b\ntwo", true)
	swap("acme\x00staging", "", "1 s\nits own", true)
	is(key, "2 b\ntwo")
	all, err := kept.Texts(ctx)
	if err != nil || len(all) != 2 || all[key] != "2 b\ntwo" || all["acme\x00staging"] != "1 s\nits own" {
		t.Fatalf("%q, %v", all, err)
	}
	// Of many at once each counts one on, and none is lost.
	swap("count\x00", "", "0\n", true)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for done := 0; done < 10; {
				text, err := kept.Text(ctx, "count\x00")
				if err != nil {
					t.Error(err)
					return
				}
				head, _, _ := strings.Cut(text, "\n")
				n, _ := strconv.Atoi(head)
				swapped, err := kept.Swap(ctx, "count\x00", head, strconv.Itoa(n+1)+"\n")
				if err != nil {
					t.Error(err)
					return
				}
				if swapped {
					done++
				}
			}
		})
	}
	wg.Wait()
	is("count\x00", "80\n")
}
