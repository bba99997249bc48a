package foundation

import (
	"net/http"
	"strconv"
	"time"

	"farthing/pkg/errs"
	"farthing/pkg/events"
)

// DeadLetter is an event that a subscription gave up, as the admin door shows it. Its body stays where it is: it may
// hold what no operator needs to see.
type DeadLetter struct {
	Subscription string    `json:"subscription"`
	EventID      string    `json:"event_id"`
	Type         string    `json:"type"`
	Key          string    `json:"key"`
	Version      int64     `json:"version"`
	OccurredAt   time.Time `json:"occurred_at"`
	Tries        int       `json:"tries"`
	Reason       string    `json:"reason"`
	At           time.Time `json:"at"`
}

// DeadLetterPath is where the admin door lists the dead letters of a subscription:
//
//	GET /deadletters/{subscription}?limit=100         {"dead_letters":[…]}, oldest first; at most 1,000
//	POST /deadletters/{subscription}/{id}/replay      delivers one once more; 404 if there is none
const DeadLetterPath = "/deadletters/"

const lettersAtOnce = 100

// operateLetters adds the routes for a subscription's dead letters.
func (p *Process) operateLetters(name string) {
	p.operations["GET "+DeadLetterPath+name] = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		letters, err := p.letters(req, name)
		Reply(w, map[string]any{"dead_letters": letters}, err)
	})
	p.operations["POST "+DeadLetterPath+name+"/{id}/replay"] = http.HandlerFunc(
		func(w http.ResponseWriter, req *http.Request) {
			err := p.options.Bus.Replay(req.Context(), name, req.PathValue("id"))
			Reply(w, map[string]any{}, err)
		})
}

func (p *Process) letters(req *http.Request, name string) ([]DeadLetter, error) {
	limit := lettersAtOnce
	if text := req.FormValue("limit"); text != "" {
		var err error
		if limit, err = strconv.Atoi(text); err != nil {
			return nil, errs.BadParam("limit", "is from 1 to 1,000")
		}
	}
	found, err := p.options.Bus.DeadLetters(req.Context(), name, limit)
	letters := make([]DeadLetter, len(found))
	for i, letter := range found {
		letters[i] = deadLetterOf(name, letter)
	}
	return letters, err
}

func deadLetterOf(name string, l events.DeadLetter) DeadLetter {
	return DeadLetter{
		Subscription: name, EventID: l.Event.ID, Type: l.Event.Type, Key: l.Event.Key, Version: l.Event.Version,
		OccurredAt: l.Event.OccurredAt, Tries: l.Tries, Reason: l.Reason, At: l.At,
	}
}

// serveSubscriptions lists the names whose dead letters this process can show.
func (p *Process) serveSubscriptions(w http.ResponseWriter, _ *http.Request) {
	names := make([]string, len(p.subscriptions))
	for i, s := range p.subscriptions {
		names[i] = s.Name
	}
	Reply(w, map[string]any{"subscriptions": names}, nil)
}
