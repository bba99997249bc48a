package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"

	"farthing/pkg/clock"
	"farthing/pkg/id"
)

// Swiper swipes cards at a card edge in turn, as a processor would.
type Swiper struct {
	do    do
	edge  string // The base address.
	cards []string
	run   string // Sets this run's ids apart from those of others.
	count atomic.Int64
}

// NewSwiper swipes cards at a bank's card edge, under ids that no other run has.
func NewSwiper(target Target, cards ...string) *Swiper {
	edge, _ := target.doors(preparing)
	return newSwiper(edge, target.CardEdge, cards)
}

func newSwiper(send do, edge string, cards []string) *Swiper {
	return &Swiper{do: send, edge: edge, cards: cards, run: id.NewMaker(clock.Real{}).New("run")}
}

// Pay pays a penny with the next card. It fails unless that is approved.
func (s *Swiper) Pay(ctx context.Context) error {
	got, err := s.swipe(ctx)
	if err == nil && got.Outcome != approved {
		err = fmt.Errorf("a swipe is %s", got.Outcome)
	}
	return err
}

// overHTTP sends requests over the network, each worker on a connection of its own.
func overHTTP(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: connections, MaxConnsPerHost: connections, DisableCompression: true,
	}}
}

// inProcess calls a handler, without a network between.
func inProcess(handler http.Handler) do {
	return func(req *http.Request) (*http.Response, error) {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, req)
		return answer.Result(), nil
	}
}

// descriptors are where the money goes.
func descriptors() []string {
	return []string{
		"PRET A MANGER 1234 LONDON GBR", "TESCO STORES 2041 LONDON GBR", "TFL TRAVEL CH TFL.GOV.UK/CP",
		"SQ *OZONE COFFEE ROAST LONDON GBR", "AMZNMKTPLACE AMAZON.CO.UK", "CORNER SHOP 17 LEEDS GBR",
	}
}

// approved is the outcome of a swipe that may go ahead.
const approved = "approved"

// answer is what a swipe needs of the card edge's.
type answer struct {
	Outcome       string `json:"outcome"`
	TransactionID string `json:"transaction_id"`
}

// swipe pays a penny with the next card.
func (s *Swiper) swipe(ctx context.Context) (answer, error) {
	n := s.count.Add(1)
	body := s.body(n)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.edge+"/authorisations", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	rsp, err := s.do(req)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(rsp.Body)
	if err = errors.Join(err, rsp.Body.Close()); err != nil {
		return answer{}, err
	}
	if rsp.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("the card edge answers %d: %s", rsp.StatusCode, text)
	}
	var got answer
	return got, json.Unmarshal(text, &got)
}

// body is the n-th swipe's. It is written by hand, so that the load generator takes little of the machine.
func (s *Swiper) body(n int64) []byte {
	places := descriptors()
	text := make([]byte, 0, 384)
	text = append(text, `{"network":{"acquirer_id":"bench","terminal_id":"T1","stan":"`...)
	text = strconv.AppendInt(text, n, 10)
	text = append(text, `","rrn":"`...)
	text = append(text, s.run...)
	text = append(text, `","transmitted_at":"`...)
	text = clock.Real{}.Now().AppendFormat(text, "2006-01-02T15:04:05.000Z07:00")
	text = append(text, `"},"amount":{"minor":1,"currency":"`+"GBP"+`"},"mcc":"5812","card_id":"`...)
	text = append(text, s.cards[n%int64(len(s.cards))]...)
	text = append(text, `","descriptor":"`...)
	text = append(text, places[n%int64(len(places))]...)
	return append(text, `"}`...)
}
