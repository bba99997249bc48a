package ledger

import (
	"fmt"
	"strings"
	"time"

	"farthing/pkg/day"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// line is an entry as the model has it.
type line struct {
	logic.Entry
	day day.Day
	set string
}

// book is an account as the model has it: lines, and nothing that is derived from them but two sums.
type book struct {
	id           string
	posted, held int64
	lines        []string        // Ids, in order.
	byID         map[string]line // Fences, too.
	spent        map[spending]int64
}

// spending is of a control set on a day; of the customer for no set.
type spending struct {
	set string
	day day.Day
}

// model is what a ledger has to do, by somebody who knows neither buckets, nor versions, nor a store.
type model struct {
	names    named
	books    map[string]*book
	journals map[string]*move
	now      time.Time
	london   *time.Location
}

// move is a journal: what was asked, and whether it lost its first leg to somebody else.
type move struct {
	request string
	void    bool
}

func newModel(n named, london *time.Location) *model {
	m := &model{
		names: n, books: make(map[string]*book), journals: make(map[string]*move), now: noon(), london: london,
	}
	for i := range 2 {
		account := n.account(i)
		m.books[account] = &book{id: account, byID: make(map[string]line), spent: make(map[spending]int64)}
	}
	return m
}

func (m *model) today() day.Day { return day.Of(m.now, m.london) }

// write adds a line under an id, unless there is one: that is the answer.
func (m *model) write(b *book, entryID string, made func() line) logic.Entry {
	if found, ok := b.byID[entryID]; ok {
		return found.Entry
	}
	l := made()
	l.ID, l.day, l.At = entryID, m.today(), m.now
	if l.Kind != logic.Void {
		b.posted, b.held = b.posted+l.PostedChange, b.held+l.HeldChange
		l.Posted, l.Held = b.posted, b.held
		b.lines = append(b.lines, entryID)
	}
	b.byID[entryID] = l
	return l.Entry
}

func entry(kind logic.Kind, posted, held int64) line {
	return line{Entry: logic.Entry{Kind: kind, PostedChange: posted, HeldChange: held}}
}

func void(reason logic.Reason) func() line {
	return func() line { return line{Entry: logic.Entry{Kind: logic.Void, Reason: reason}} }
}

func declined(reason logic.Reason) line {
	return line{Entry: logic.Entry{Kind: logic.Declined, Reason: reason}}
}

// do is what a ledger must answer.
func (m *model) do(c command) answer {
	b := m.books[m.names.account(c.Account)]
	switch c.Verb {
	case hold:
		return told(m.write(b, m.names.hold(c), func() line { return m.holding(b, c, c.setID()) }))
	case extend:
		return m.extend(b, c)
	case release:
		return m.release(b, c)
	case fence:
		return told(m.write(b, changeID(m.names, c, c.Step-1), void(logic.Reversed)))
	case look:
		if l, ok := b.byID[changeID(m.names, c, c.Step-1)]; ok {
			return told(l.Entry)
		}
		return "not_found.hold"
	case confirm:
		return m.settle(b, c, logic.NoReason, 15*time.Second)
	case disown:
		if c.Unrecorded {
			return m.settle(b, c, logic.TimedOut, 50*time.Second)
		}
		return m.settle(b, c, logic.TimedOut, 1_000*time.Hour)
	case clear:
		return m.clear(b, c)
	case collect, refund, payIn:
		return m.post(b, c)
	case transfer:
		return m.transfer(b, c)
	case wait:
		m.now = m.now.Add(time.Duration(c.Minor/100) * time.Hour)
	case restart:
	}
	return ""
}

// settle is who was told of a hold. A confirmation stands for a while in the way of what is wanted.
func (m *model) settle(b *book, c command, as logic.Reason, stands time.Duration) answer {
	for n := 1; ; n++ {
		row := m.write(b, fmt.Sprintf("answer %d of %s", n, m.names.hold(c)), void(as))
		if row.Reason == logic.TimedOut || m.now.Sub(row.At) < stands {
			return answer(fmt.Sprint(row.Reason == as))
		}
	}
}

// holding is a hold or a decline, of as much as is asked or may be.
func (m *model) holding(b *book, c command, set string) line {
	minor, available := c.Minor, b.posted-b.held
	if c.Verb == hold && c.Partial && available > 0 {
		minor = min(minor, available)
	}
	at := spending{set, m.today()}
	switch {
	case c.Forced:
	case b.spent[at]+minor > limit:
		return declined(logic.LimitDay)
	case minor > available:
		return declined(logic.InsufficientFunds)
	}
	m.spend(b, set, minor)
	l := entry(logic.Held, 0, minor)
	l.set = set
	return l
}

func (m *model) spend(b *book, set string, minor int64) {
	b.spent[spending{"", m.today()}] += minor
	if set != "" {
		b.spent[spending{set, m.today()}] += minor
	}
}

// part is what is left of a line that held something.
type part struct {
	minor int64
	day   day.Day
}

// before is what is left of a hold before one of its steps, whose all below must be there; newest parts last.
func (b *book) before(n named, c command) (parts []part, set string, ok bool) {
	for step := range c.Step {
		l, found := b.byID[changeID(n, c, step)]
		if !found || step == 0 && l.Kind != logic.Held {
			return nil, "", false
		}
		if step == 0 {
			set = l.set
		}
		if l.HeldChange > 0 {
			parts = append(parts, part{l.HeldChange, l.day})
			continue
		}
		parts, _ = less(parts, -l.HeldChange)
	}
	return parts, set, true
}

// less is parts without some of the newest, and these.
func less(parts []part, minor int64) (rest, taken []part) {
	rest = append(rest, parts...)
	for minor > 0 {
		last := &rest[len(rest)-1]
		some := min(minor, last.minor)
		taken = append(taken, part{some, last.day})
		minor -= some
		if last.minor -= some; last.minor == 0 {
			rest = rest[:len(rest)-1]
		}
	}
	return rest, taken
}

func sum(parts []part) (minor int64) {
	for _, p := range parts {
		minor += p.minor
	}
	return minor
}

func (m *model) extend(b *book, c command) answer {
	_, set, ok := b.before(m.names, c)
	if !ok {
		return "precondition_failed.hold"
	}
	got := m.write(b, changeID(m.names, c, c.Step), func() line { return m.holding(b, c, set) })
	if got.Kind != logic.Declined && got.Kind != logic.Void && got.HeldChange != c.Minor {
		return "conflict.change"
	}
	return told(got)
}

func (m *model) release(b *book, c command) answer {
	parts, set, ok := b.before(m.names, c)
	minor := c.Minor
	if minor == 0 {
		minor = sum(parts)
	}
	if !ok || minor == 0 || minor > sum(parts) {
		return "precondition_failed.hold"
	}
	got := m.write(b, changeID(m.names, c, c.Step), func() line {
		_, taken := less(parts, minor)
		for _, p := range taken {
			b.spent[spending{"", p.day}] -= p.minor
			b.spent[spending{set, p.day}] -= p.minor
		}
		return entry(logic.Released, 0, -minor)
	})
	if got.Kind != logic.Released || got.HeldChange != -minor {
		return "conflict.change"
	}
	return told(got)
}

// journal is the one under an id, and whether it was asked for with the same body.
func (m *model) journal(journalID string, c command) (*move, bool) {
	request := fmt.Sprint(c.Verb, c.Account, c.Minor, c.setID())
	switch c.Verb {
	case clear:
		request = fmt.Sprint(request, c.Name, c.Step, c.Captured)
	case transfer:
		request = fmt.Sprint(c.Account, c.Minor, c.Spending)
	default:
	}
	if c.Verb == refund || c.Verb == payIn {
		request = fmt.Sprint(c.Verb, c.Account, c.Minor)
	}
	found, ok := m.journals[journalID]
	if !ok {
		found = &move{request: request}
		m.journals[journalID] = found
	}
	return found, found.request == request
}

func (m *model) clear(b *book, c command) answer {
	parts, _, ok := b.before(m.names, c)
	if !ok || c.Captured > sum(parts) {
		return "precondition_failed.hold"
	}
	j, same := m.journal(id.Hash("jrn", b.id+"/card/"+m.names.dedupe(c)), c)
	if !same {
		return "conflict.clearing_id"
	}
	step := changeID(m.names, c, c.Step)
	if _, taken := b.byID[step]; taken && b.byID[step].Journal != m.names.dedupe(c) || j.void {
		j.void = true
		return "conflict.change"
	}
	return told(m.write(b, step, func() line {
		m.spend(b, c.setID(), c.Minor-c.Captured)
		l := entry(logic.Cleared, -c.Minor, -c.Captured)
		l.Journal = m.names.dedupe(c)
		return l
	}))
}

// post is a movement that nobody can refuse, against an account of the bank's own.
func (m *model) post(b *book, c command) answer {
	key, leg, conflict := b.id+"/card/"+m.names.dedupe(c), ":1", answer("conflict.clearing_id")
	if c.Verb == payIn {
		key, conflict = b.id+"/"+m.names.dedupe(c), "conflict.dedupe_id"
	}
	if c.Verb == collect {
		leg = ":0"
	}
	journalID := id.Hash("jrn", key)
	if _, same := m.journal(journalID, c); !same {
		return conflict
	}
	return told(m.write(b, journalID+leg, func() line {
		if c.Verb == collect {
			m.spend(b, c.setID(), c.Minor)
			return entry(logic.Cleared, -c.Minor, 0)
		}
		return entry(logic.Posted, c.Minor, 0)
	}))
}

func (m *model) transfer(b *book, c command) answer {
	journalID := id.Hash("jrn", "transfer/"+m.names.dedupe(c))
	if _, same := m.journal(journalID, c); !same {
		return "conflict.dedupe_id"
	}
	debit := m.write(b, journalID+":0", func() line {
		if c.Minor > b.posted-b.held {
			return declined(logic.InsufficientFunds)
		}
		if !c.Spending {
			return entry(logic.Moved, -c.Minor, 0)
		}
		m.spend(b, "", c.Minor)
		return entry(logic.Paid, -c.Minor, 0)
	})
	if debit.Kind == logic.Declined {
		return told(debit)
	}
	to := m.books[m.names.account(1-c.Account)]
	return told(debit) + " | " + told(m.write(to, journalID+":1", func() line { return entry(logic.Posted, c.Minor, 0) }))
}

// openHolds is how many holds have something left.
func (b *book) openHolds() (open int64) {
	left := make(map[string]int64)
	for _, entryID := range b.lines {
		if strings.HasPrefix(entryID, "hold_") {
			of, _ := balanceproto.HoldOf(entryID)
			left[of] += b.byID[entryID].HeldChange
		}
	}
	for _, minor := range left {
		if minor > 0 {
			open++
		}
	}
	return open
}
