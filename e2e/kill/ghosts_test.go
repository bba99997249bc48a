package kill

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"farthing/cmd/farthing/cardedge"
	"farthing/cmd/farthing/development"
	"farthing/e2e/program"
	"farthing/e2e/world"
	"farthing/pkg/clock"
	"farthing/pkg/errs"
)

const (
	payersMin  = 60
	payersHave = 100_000_00
	// payMax is a little more than the policy approves that stands in for the ledger.
	payMax = 24_00
	// supervisorEvery is how many services are killed between one kill of their supervisor and the next.
	supervisorEvery = 25
	// ghostsGoneWithin is far more than a stand-in takes to be posted, and what was late to be given back: a minute.
	ghostsGoneWithin = 4 * time.Minute
)

// Services are killed under payments that each are asked for once. What a network hears nothing of it reverses, as card
// schemes have it; what the ledger does not answer in time a policy may approve. In the end each customer can spend
// exactly what was approved less. FARTHING_TEST_GHOST_KILLS is how many kills there are at least.
func TestKillsLeaveNoGhostHold(t *testing.T) {
	kills := program.Count(t, "FARTHING_TEST_GHOST_KILLS", 12)
	b := program.New(t, program.Build(t), program.ManyProcesses())
	b.Set(world.NoStandIn, "2000")
	b.Start(t)
	n := &network{bank: b, payers: makePayers(t, b, max(payersMin, kills/2))} // A card has one stand-in a day.
	finish := n.start(t.Context())
	random := rand.New(rand.NewPCG(11, 12))
	victims := append(decide(), "service.card-api")
	for round := 0; round < kills || n.provesLittle(kills) && round < 10*kills; round++ {
		live(t, random)
		victim := victims[random.IntN(len(victims))]
		if round%supervisorEvery == supervisorEvery-1 {
			victim = supervisor
		}
		kill(t, b, victim)
	}
	b.AwaitProcesses(t)
	finish()

	t.Logf("%d kills: %+v", kills, n.answers)
	for _, complaint := range n.complaints {
		t.Error(complaint)
	}
	if n.provesLittle(kills) {
		t.Error("the test proves little")
	}
	n.wantNoGhosts(t)
	b.Run(t, "audit")
}

// payer is a customer, and what the network was told that they may pay.
type payer struct {
	development.Person

	approved int64
}

// network is the world outside: it asks once, and reverses what it was not answered until it hears that it is reversed.
type network struct {
	bank   *program.Bank
	payers []*payer

	mu         sync.Mutex // Guards the rest, and what was approved.
	answers    answers
	complaints []string
}

type answers struct{ Approved, StoodIn, Declined, Reversed int }

func makePayers(t *testing.T, b *program.Bank, many int) []*payer {
	t.Helper()
	all := make([]*payer, many)
	for i := range all {
		all[i] = &payer{}
		query := url.Values{"name": {fmt.Sprint("payer-", i)}, "minor": {fmt.Sprint(payersHave)}}
		made := b.Ask(t, http.MethodPost, b.Facts().Admin+development.PersonPath+"?"+query.Encode(), "")
		if err := json.Unmarshal(made.Body, &all[i].Person); err != nil || made.Status != http.StatusOK {
			t.Fatalf("making a customer was answered %d %s, %v", made.Status, made.Body, err)
		}
	}
	return all
}

func (n *network) start(ctx context.Context) (finish func()) {
	ctx, cancel := context.WithCancel(ctx)
	var paying sync.WaitGroup
	for hand := range hands {
		paying.Go(func() { n.pay(ctx, hand) })
	}
	return func() {
		cancel()
		paying.Wait()
	}
}

func (n *network) pay(ctx context.Context, hand int) {
	random := rand.New(rand.NewPCG(uint64(hand), 13))
	for i := 0; ctx.Err() == nil; i++ {
		p := n.payers[random.IntN(len(n.payers))]
		n.ask(context.WithoutCancel(ctx), p, world.Payment{
			ID: fmt.Sprintf("ghost-%d-%d", hand, i), CardID: p.CardID, Minor: 1 + random.Int64N(payMax),
			Descriptor: "PRET A MANGER 1234 LONDON GBR",
		})
		_ = clock.Wait(ctx, manyPause) // An end is seen above.
	}
}

// ask asks once, and reverses unless there is an answer.
func (n *network) ask(ctx context.Context, p *payer, payment world.Payment) {
	answer, err := n.bank.Send(ctx, payment)
	if err != nil || answer.Status != http.StatusOK {
		if err == nil && answer.Status != http.StatusServiceUnavailable && answer.Status != http.StatusGatewayTimeout {
			n.complain("%s was answered %d: %s", payment.ID, answer.Status, answer.Body)
		}
		n.reverse(ctx, payment)
		return
	}
	var told world.Outcome
	if err := json.Unmarshal(answer.Body, &told); err != nil {
		n.complain("%s was answered what is not JSON: %v", payment.ID, err)
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case told.Approved():
		p.approved += payment.Minor
		n.answers.Approved++
		if told.StoodIn {
			n.answers.StoodIn++
		}
	default:
		n.answers.Declined++
	}
}

// reverse repeats a reversal until it is taken.
func (n *network) reverse(ctx context.Context, payment world.Payment) {
	ctx, cancel := context.WithTimeout(ctx, ghostsGoneWithin)
	defer cancel()
	asked := cardedge.FollowUp{
		ProcessorID: payment.ID + "-reversal", CardID: payment.CardID,
		Original: &cardedge.Original{ProcessorID: payment.ID},
	}
	for {
		edge := cardedge.Client{Address: n.bank.Facts().CardEdge}
		_, err := edge.Follow(ctx, "reversals", asked)
		if err == nil {
			break
		}
		if errs.Is(err, errs.BadRequest) || errs.Is(err, errs.Conflict) || clock.Wait(ctx, manyPause) != nil {
			n.complain("%s was not reversed: %v", payment.ID, err)
			return
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers.Reversed++
}

func (n *network) complain(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.complaints = append(n.complaints, fmt.Sprintf(format, args...))
}

// provesLittle tells whether too little of what is to be proved has happened yet.
func (n *network) provesLittle(kills int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.answers.Approved < kills || n.answers.Reversed < kills/10 || n.answers.StoodIn == 0
}

// wantNoGhosts waits until each payer can spend what was approved less.
func (n *network) wantNoGhosts(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), ghostsGoneWithin)
	defer cancel()
	watch := clock.Start()
	for {
		wrong := n.wrong(t)
		if len(wrong) == 0 {
			t.Logf("all money was where it belongs after %v", watch.Elapsed())
			return
		}
		if clock.Wait(ctx, time.Second) != nil {
			t.Fatalf("after %v: %v", watch.Elapsed(), wrong)
		}
	}
}

func (n *network) wrong(t *testing.T) (wrong []string) {
	t.Helper()
	for _, p := range n.payers {
		var has struct{ Balance int64 }
		told := n.bank.Ask(t, http.MethodGet, n.bank.Facts().API+"/balance?account_id="+p.AccountID, "",
			"Authorization", "Bearer "+p.AccessToken)
		if err := json.Unmarshal(told.Body, &has); err != nil || told.Status != http.StatusOK {
			wrong = append(wrong, fmt.Sprintf("%s: %d %s", p.AccountID, told.Status, told.Body))
		} else if has.Balance != payersHave-p.approved {
			wrong = append(wrong, fmt.Sprintf("%s is %d off", p.AccountID,
				has.Balance-(payersHave-p.approved)))
		}
	}
	return wrong
}
