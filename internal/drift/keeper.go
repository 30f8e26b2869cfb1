package drift

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Store keeps texts by keys, for all who share it. A text begins with a line that no other
// has had, its head.
type Store interface {
	// Text gives the text under a key; "" for none.
	Text(ctx context.Context, key string) (string, error)
	// Swap puts a text in the place of the one with that head, "" for none; swapped is false
	// where another one stands there.
	Swap(ctx context.Context, key, head, text string) (swapped bool, err error)
	Texts
}

// Target is whose answers are learned together: what a vendor changes shows with all of
// its probes, and from wherever they run.
type Target struct{ Vendor, Target string }

func (t Target) key() string { return t.Vendor + "\x00" + t.Target }

// targetOf gives the target of a key.
func targetOf(key string) Target {
	vendor, target, _ := strings.Cut(strings.ReplaceAll(key, "\n", "\x00"), "\x00")
	return Target{vendor, target}
}

const (
	// keepEvery is how often what was learned is kept while nothing is new.
	keepEvery = time.Hour
	// keepSoon is how soon after something new, unless it is a change that is told: that
	// is kept at once.
	keepSoon = time.Minute
	// keptAtOnce is how many states are kept at once.
	keptAtOnce = 16
	// tries is how often a state is merged with that of others who wrote it meanwhile.
	tries = 8
)

// Keeper learns from runs, and keeps what was learned. It never waits for the store while
// a run is recorded: that is for Run.
type Keeper struct {
	store  Store
	logger *slog.Logger
	now    func() time.Time
	wake   chan struct{}

	mu      sync.Mutex
	known   map[Target]*learner
	watched map[Target]bool // that the daemon has jobs for
	failing bool
}

// learner is what is known of one target.
type learner struct {
	state  *State
	head   string // of the text that was kept last
	loaded bool
	news   bool      // something is new that is not kept
	moved  bool      // something was learned since
	kept   time.Time // when it was kept last
	fresh  []*Change // that were not told yet
}

// NewKeeper gives a keeper. Nothing is kept until Run runs.
func NewKeeper(store Store, logger *slog.Logger, now func() time.Time) *Keeper {
	return &Keeper{store: store, logger: logger, now: now, wake: make(chan struct{}, 1), known: map[Target]*learner{}}
}

// RecordPlanned implements [loginwatch.Recorder].
func (k *Keeper) RecordPlanned(context.Context, loginwatch.Slot) error { return nil }

// RecordSkip implements [loginwatch.Recorder].
func (k *Keeper) RecordSkip(context.Context, loginwatch.SkippedSlot) error { return nil }

// RecordRun implements [loginwatch.Recorder]. A run that looked as none before it becomes
// notable, so that whoever is told of it after this one keeps what it looked like.
func (k *Keeper) RecordRun(_ context.Context, run *loginwatch.Run) error {
	all := Of(run)
	if len(all) == 0 {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.learner(Target{run.Vendor, run.Target})
	for i := range all {
		learned := l.state.Learn(&all[i])
		l.moved = true
		l.news = l.news || learned.New
		l.fresh = append(l.fresh, learned.Told...)
		run.Notable = run.Notable || learned.Odd || len(learned.Told) > 0
	}
	if len(l.fresh) > 0 || !l.loaded {
		select {
		case k.wake <- struct{}{}:
		default:
		}
	}
	return nil
}

// learner gives that of a target. Call with mu held.
func (k *Keeper) learner(t Target) *learner {
	l := k.known[t]
	if l == nil {
		l = &learner{state: NewState()}
		k.known[t] = l
	}
	return l
}

// Watch tells whose answers come: what is known of them is looked up before the first does.
func (k *Keeper) Watch(targets []Target) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watched = map[Target]bool{}
	for _, t := range targets {
		k.watched[t] = true
		k.learner(t)
	}
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Open counts the open changes of each vendor that is watched, by class.
func (k *Keeper) Open() map[string]map[loginwatch.Class]int {
	now := k.now()
	k.mu.Lock()
	defer k.mu.Unlock()
	open := map[string]map[loginwatch.Class]int{}
	for t, l := range k.known {
		if !k.watched[t] {
			continue
		}
		of := open[t.Vendor]
		if of == nil {
			of = map[loginwatch.Class]int{}
			open[t.Vendor] = of
		}
		for _, c := range l.state.Changes {
			if c.Standing(now) == Open {
				of[c.Class]++
			}
		}
	}
	return open
}

// Run keeps what is learned until the context ends, and then all of it.
func (k *Keeper) Run(ctx context.Context) {
	again := time.NewTicker(keepSoon)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second) // for thousands of targets
			defer cancel()
			k.Keep(last, true)
			return
		case <-again.C:
		case <-k.wake:
		}
		k.Keep(ctx, false)
	}
}

// Keep keeps what is due, or everything. It is for one caller at a time.
func (k *Keeper) Keep(ctx context.Context, all bool) {
	now := k.now()
	k.mu.Lock()
	due := slices.DeleteFunc(slices.Collect(maps.Keys(k.known)), func(t Target) bool { return !k.known[t].due(now, all) })
	k.mu.Unlock()
	failed := k.keepAll(ctx, due, now)
	if ctx.Err() != nil && !all {
		return // the last time is still to come
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if failed != nil && !k.failing {
		k.logger.Error("what answers look like can't be kept yet", "error", failed)
	}
	k.failing = failed != nil
}

// keepAll keeps what is known of targets, some at once: the store writes together what comes
// together. The error is one of those that there were.
func (k *Keeper) keepAll(ctx context.Context, targets []Target, now time.Time) (failed error) {
	var work sync.WaitGroup
	var mu sync.Mutex
	room := make(chan struct{}, keptAtOnce)
	for _, t := range targets {
		room <- struct{}{}
		work.Go(func() {
			defer func() { <-room }()
			if err := k.keep(ctx, t, now); err != nil {
				mu.Lock()
				failed = fmt.Errorf("%s at %s: %w", t.Vendor, t.Target, err)
				mu.Unlock()
			}
		})
	}
	work.Wait()
	return failed
}

// due tells whether the learner is to be kept, or what others have kept to be looked at.
func (l *learner) due(now time.Time, all bool) bool {
	since := now.Sub(l.kept)
	open := slices.ContainsFunc(l.state.Changes, func(c *Change) bool { return c.Standing(now) == Open })
	return !l.loaded || len(l.fresh) > 0 || all && l.moved || (l.news || open) && since >= keepSoon || l.moved && since >= keepEvery
}

// keep keeps what is known of a target, merged with what others have kept meanwhile, and
// tells of the changes that nobody has told before.
func (k *Keeper) keep(ctx context.Context, t Target, now time.Time) error {
	for range tries {
		k.mu.Lock()
		l := k.known[t]
		head, loaded := l.head, l.loaded
		k.mu.Unlock()
		stored := ""
		if !loaded || k.openAt(t, now) {
			var err error
			if stored, err = k.store.Text(ctx, t.key()); err != nil {
				return err
			}
			if at := headOf(stored); at != head || !loaded {
				if err := k.take(t, stored); err != nil {
					return err
				}
			}
		}
		k.mu.Lock()
		if l.loaded && !l.moved && len(l.fresh) == 0 { // it was only looked at
			l.kept = now
			k.mu.Unlock()
			return nil
		}
		was := l.head
		text, next, err := seal(l.state, was)
		fresh := l.fresh
		l.fresh, l.news, l.moved = nil, false, false
		k.mu.Unlock()
		swapped := false
		if err == nil {
			swapped, err = k.store.Swap(ctx, t.key(), was, text)
		}
		k.mu.Lock()
		if err != nil || !swapped {
			l.fresh, l.news, l.moved = append(fresh, l.fresh...), true, true
		} else {
			l.head, l.kept = next, now
		}
		k.mu.Unlock()
		if err != nil {
			return err
		}
		if swapped {
			for _, c := range fresh {
				k.announce(t, c)
			}
			return nil
		}
		if stored, err = k.store.Text(ctx, t.key()); err != nil {
			return err
		}
		if err := k.take(t, stored); err != nil {
			return err
		}
	}
	return errors.New("others keep writing it")
}

func (k *Keeper) openAt(t Target, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.known[t].state.Changes, func(c *Change) bool { return c.Standing(now) == Open })
}

// take merges what is kept into what is known. What a newer version has kept is left as it
// is, and an error.
func (k *Keeper) take(t Target, stored string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.known[t]
	if stored == "" {
		l.loaded, l.head = true, ""
		return nil
	}
	theirs, err := unseal(stored)
	if l.loaded = !errors.As(err, new(newer)); !l.loaded {
		return err
	}
	l.head = headOf(stored)
	if err != nil {
		k.logger.Error("what answers look like is learned anew", "vendor", t.Vendor, "target", t.Target, "error", err)
		return nil
	}
	mine := l.fresh
	l.fresh = slices.DeleteFunc(l.state.merge(theirs), func(c *Change) bool { return !slices.Contains(mine, c) })
	return nil
}

// announce tells the log of a change.
func (k *Keeper) announce(t Target, c *Change) {
	level := slog.LevelInfo
	if c.Class == loginwatch.Breaking {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("vendor", t.Vendor), slog.String("target", t.Target), slog.String("change", c.ID), slog.String("class", string(c.Class)),
		slog.String("what", c.Says()), slog.String("at", strings.Join(c.At, ", ")), slog.Time("since", c.First), slog.String("run", c.Run),
	}
	k.logger.LogAttrs(context.Background(), level, "answers have changed", attrs...)
}

// headOf gives the head of a text.
func headOf(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return head
}

// seal writes a state down, under a head of its own that follows another.
func seal(s *State, was string) (text, head string, err error) {
	plain, err := s.Encode()
	if err != nil {
		return "", "", err
	}
	number, _, _ := strings.Cut(was, " ")
	n, _ := strconv.Atoi(number) // 0 where there was none
	head = strconv.Itoa(n+1) + " " + rand.Text()
	return head + "\n" + string(plain), head, nil
}

// unseal reads what seal has written.
func unseal(text string) (*State, error) {
	_, plain, _ := strings.Cut(text, "\n")
	return Decode([]byte(plain))
}
