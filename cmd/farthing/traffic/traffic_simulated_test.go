package traffic

import (
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"farthing/cmd/farthing/cardline"
	"farthing/service.card-api/iso8583"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 9, 12, 30, 53, 0, time.UTC)

func drawn(t *testing.T, seed uint64, mix Mix, count int) []string {
	t.Helper()
	p := newPlan(seed, mix, []string{"card_1", "card_2"}, noon)
	all := make([]string, count)
	for n := range all {
		_, m, err := p.next(noon)
		if err != nil {
			t.Fatal(err)
		}
		body, err := iso8583.Encode(m, iso8583.ASCII)
		if err != nil {
			t.Fatal(err)
		}
		all[n] = string(body)
	}
	return all
}

func TestASeedDrawsTheSameMessages(t *testing.T) {
	mix := Mix{Reversals: 10, Collections: 10, Sales: 10, Advices: 10, Repeats: 10}
	first, again, other := drawn(t, 1, mix, 500), drawn(t, 1, mix, 500), drawn(t, 2, mix, 500)
	differ := 0
	for n := range first {
		if first[n] != again[n] {
			t.Fatalf("message %d is another the second time", n)
		}
		if first[n] != other[n] {
			differ++
		}
	}
	if differ < 100 {
		t.Errorf("another seed draws only %d others", differ)
	}
}

func TestTheSharesAreAsAsked(t *testing.T) {
	const count = 20_000
	counts := make(map[string]int)
	for _, m := range drawn(t, 7, Mix{
		Reversals: 5, Collections: 10, Sales: 15, Advices: 14, Inquiries: 3, Refunds: 3, Repeats: 25,
	}, count) {
		mti := m[:4]
		if strings.HasSuffix(mti, "1") {
			mti = "repeats"
		}
		if read, err := iso8583.Decode([]byte(m), iso8583.ASCII); err != nil {
			t.Fatal(err)
		} else if use := read.Get(iso8583.ProcessingCode); mti != "repeats" && (use == "200000" || use == "300000") {
			mti += " " + use
		}
		counts[mti]++
	}
	for mti, percent := range map[string]int{
		"0420": 5, "0220": 10, "0200": 15, "0120": 14, "repeats": 25, "0100": 25, "0100 300000": 3, "0200 200000": 3,
	} {
		if got := counts[mti] * 100; got < (percent-1)*count || got > (percent+1)*count {
			t.Errorf("%s: %d of %d, want %d %%", mti, counts[mti], count, percent)
		}
	}
}

// answering is lines to a bank that answers so; a zero Message is none.
func answering(t *testing.T, count int, answer func(iso8583.Message) iso8583.Message) []*cardline.Line {
	t.Helper()
	lines := make([]*cardline.Line, count)
	for n := range lines {
		ours, theirs := net.Pipe()
		lines[n] = cardline.Over(ours, iso8583.ASCII)
		t.Cleanup(func() { _ = lines[n].Close() })
		go func() {
			for {
				body, err := iso8583.ReadFrame(theirs)
				if err != nil {
					return
				}
				m, _ := iso8583.Decode(body, iso8583.ASCII)
				reply := answer(m)
				if reply.MTI == "" {
					continue
				}
				body, _ = iso8583.Encode(reply, iso8583.ASCII)
				framed, _ := iso8583.Frame(body)
				_, _ = theirs.Write(framed)
			}
		}()
	}
	return lines
}

func TestTrafficGoesAtItsRateAndCountsAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := answering(t, 3, func(m iso8583.Message) iso8583.Message {
			reply, _ := m.Reply(iso8583.Approved)
			return reply
		})
		r, err := Run(t.Context(), lines, []string{"card_1"}, Load{
			Rate: 50, Time: 4 * time.Second, Outstanding: 10, Seed: 1, Mix: Mix{Repeats: 10},
		})
		if err != nil || r.Sent != 200 || r.Answers["0110 00"] != 200 || r.Unanswered != 0 || r.Changed != 0 {
			t.Errorf("got %+v, %v", r, err)
		}
		if r.Seconds != 3.98 || r.MaxMillis > 1 {
			t.Errorf("it took %v s, and the slowest %v ms", r.Seconds, r.MaxMillis)
		}
	})
}

func TestARepeatThatIsAnsweredDifferentlyIsFound(t *testing.T) {
	var mu sync.Mutex
	answered := make(map[string]bool)
	for name, c := range map[string]struct {
		again string
		want  bool
	}{"declined": {iso8583.InsufficientFunds, true}, "not known any more": {iso8583.IssuerInoperative, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clear(answered)
				lines := answering(t, 1, func(m iso8583.Message) iso8583.Message {
					mu.Lock()
					defer mu.Unlock()
					code := iso8583.Approved
					if answered[m.Get(iso8583.STAN)] {
						code = c.again
					}
					answered[m.Get(iso8583.STAN)] = true
					reply, _ := m.Reply(code)
					return reply
				})
				r, err := Run(t.Context(), lines, []string{"card_1"}, Load{
					Rate: 50, Time: time.Second, Outstanding: 10, Seed: 1, Mix: Mix{Repeats: 30},
				})
				if err != nil || (r.Changed > 0) != c.want {
					t.Errorf("got %+v, %v", r, err)
				}
			})
		})
	}
}

func TestABankThatDoesNotAnswerIsWaitedForAndReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := answering(t, 1, func(iso8583.Message) iso8583.Message { return iso8583.Message{} })
		r, err := Run(t.Context(), lines, []string{"card_1"}, Load{Rate: 10, Time: time.Second, Outstanding: 100, Seed: 1})
		if err != nil || r.Sent != 10 || r.Unanswered != 10 || r.FirstFailure != "no answer within 2s" {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}
