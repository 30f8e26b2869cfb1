package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// tally adds up the totals of jobs.
type tally struct {
	jobs map[int64]loginwatch.Key // that are asked for; nil for all, whatever their keys
	of   map[int64]*history.Totals
}

// job gives the totals of a job; nil when it is not asked for.
func (t *tally) job(id int64) *history.Totals {
	if sum := t.of[id]; sum != nil {
		return sum
	}
	k, asked := t.jobs[id]
	if !asked && t.jobs != nil {
		return nil
	}
	sum := &history.Totals{Key: k}
	t.of[id] = sum
	return sum
}

// all gives the totals by key.
func (t *tally) all() []*history.Totals {
	all := make([]*history.Totals, 0, len(t.of))
	for _, sum := range t.of {
		all = append(all, sum)
	}
	slices.SortFunc(all, func(a, b *history.Totals) int { return history.CompareKeys(a.Key, b.Key) })
	return all
}

// shardOf is the row of totals in which a job's stand: one row for each of ten thousand
// jobs would be read ten times as long.
func shardOf(job int64) int64 { return job / shardJobs }

const shardJobs = 256

// shards are those of the jobs that were counted.
func (t *tally) shards() map[int64]struct{} {
	shards := map[int64]struct{}{}
	for id := range t.of {
		shards[shardOf(id)] = struct{}{}
	}
	return shards
}

// pack writes the totals of a shard: for each job its place in the shard, how often
// each verdict and reason came, and how many latencies each class has.
func (t *tally) pack(shard int64) []byte {
	ids := make([]int64, 0, len(t.of))
	for id := range t.of {
		if shardOf(id) == shard {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	var b []byte
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	number := func(n int) { b = binary.AppendUvarint(b, uint64(n)) } //nolint:gosec // a count
	for _, id := range ids {
		sum := t.of[id]
		number(int(id % shardJobs))
		number(len(sum.Counts))
		for _, c := range sum.Counts {
			text(string(c.Verdict))
			text(string(c.Reason))
			number(c.Slots)
		}
		classes := 0
		for _, n := range sum.Latency {
			if n > 0 {
				classes++
			}
		}
		number(classes)
		for class, n := range sum.Latency {
			if n > 0 {
				number(class)
				number(int(n))
			}
		}
	}
	return b
}

var errCut = errors.New("totals are damaged")

// unpack adds what pack has written.
func (t *tally) unpack(shard int64, rows []byte) error {
	r := packed{rows}
	var ignored history.Totals
	for len(r.data) > 0 {
		place, err := r.number()
		if err != nil || place >= shardJobs {
			return fmt.Errorf("shard %d: %w", shard, errCut)
		}
		sum := t.job(shard*shardJobs + int64(place))
		if sum == nil {
			ignored = history.Totals{}
			sum = &ignored
		}
		if err := r.into(sum); err != nil {
			return fmt.Errorf("shard %d: %w", shard, err)
		}
	}
	return nil
}

// packed is what is left to be read.
type packed struct{ data []byte }

func (p *packed) number() (int, error) {
	n, size := binary.Uvarint(p.data)
	if size <= 0 || n > 1<<31 {
		return 0, errCut
	}
	p.data = p.data[size:]
	return int(n), nil //nolint:gosec // it is bounded
}

func (p *packed) text() ([]byte, error) {
	n, err := p.number()
	if err != nil || n > len(p.data) {
		return nil, errCut
	}
	s := p.data[:n]
	p.data = p.data[n:]
	return s, nil
}

func (p *packed) into(sum *history.Totals) error {
	counts, err := p.number()
	for ; counts > 0 && err == nil; counts-- {
		verdict, failed := p.text()
		reason, failedToo := p.text()
		slots, failedAgain := p.number()
		if err = errors.Join(failed, failedToo, failedAgain); err == nil {
			count(sum, verdict, reason, slots)
		}
	}
	if err != nil {
		return err
	}
	classes, err := p.number()
	for ; classes > 0 && err == nil; classes-- {
		class, failed := p.number()
		n, failedToo := p.number()
		if err = errors.Join(failed, failedToo); err == nil && class >= len(sum.Latency) {
			err = errCut
		}
		if err == nil {
			sum.Latency[class] += uint32(n) //nolint:gosec // it is bounded
		}
	}
	return err
}

// count adds slots without making a string of what is known.
func count(sum *history.Totals, verdict, reason []byte, slots int) {
	for i := range sum.Counts {
		if c := &sum.Counts[i]; string(c.Verdict) == string(verdict) && string(c.Reason) == string(reason) {
			c.Slots += slots
			return
		}
	}
	sum.Add(loginwatch.Verdict(verdict), loginwatch.Reason(reason), slots)
}
