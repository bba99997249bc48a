package events

import (
	"strings"
	"time"

	"farthing/pkg/errs"
)

// Limits that both buses hold to.
const (
	MaxBody  = 48 << 10 // Bytes of one event's body.
	MaxBatch = 1_000    // Events in one Publish.

	maxField = 256 // Bytes of an id, a key or a traceparent.
	maxName  = 64  // Bytes of a stream's or a subscription's name.
)

// Check fails, naming the field and the rule, on an event that no bus takes.
func Check(e Event) error {
	switch {
	case e.ID == "":
		return errs.MissingParam("id")
	case len(e.ID) > maxField:
		return errs.BadParam("id", "is at most 256 bytes")
	case len(e.Key) > maxField:
		return errs.BadParam("key", "is at most 256 bytes")
	case len(e.Traceparent) > maxField:
		return errs.BadParam("traceparent", "is at most 256 bytes")
	case len(e.Body) > MaxBody:
		return errs.BadParam("body", "is at most 48 KiB")
	}
	_, err := Stream(e.Type)
	return err
}

// CheckAll is Check of everything that one Publish takes.
func CheckAll(all []Event) error {
	if len(all) > MaxBatch {
		return errs.BadParam("events", "are at most 1,000 in one publish")
	}
	for _, e := range all {
		if err := Check(e); err != nil {
			return err
		}
	}
	return nil
}

// Stream is the part of a type before its dot: "transactions" of "transactions.enriched". A type without both parts,
// each a name as a keyspace's, is refused as bad_request.bad_param.type.
func Stream(kind string) (string, error) {
	stream, what, _ := strings.Cut(kind, ".")
	if !isName(stream) || !isName(what) {
		return "", errs.BadParam("type", "is a stream's name, a dot and what happened, as in 'transactions.enriched'")
	}
	return stream, nil
}

// Stream is the one stream of all the subscription's types.
func (s Subscription) Stream() (string, error) {
	if len(s.Types) == 0 {
		return "", errs.MissingParam("types")
	}
	first, err := Stream(s.Types[0])
	if err != nil {
		return "", err
	}
	for _, kind := range s.Types[1:] {
		stream, err := Stream(kind)
		if err != nil {
			return "", err
		}
		if stream != first {
			return "", errs.BadParam("types", "are all of one stream")
		}
	}
	return first, nil
}

// Checked is the subscription with its defaults filled in. It fails, naming the field, on one that no bus can run.
func (s Subscription) Checked() (Subscription, error) {
	if !isName(s.Name) {
		return s, errs.BadParam("name", "is lower case letters, digits and underscores, at most 64")
	}
	if _, err := s.Stream(); err != nil {
		return s, err
	}
	switch {
	case s.Handle == nil:
		return s, errs.MissingParam("handle")
	case s.After < 0 || s.Concurrency < 0 || s.MaxTries < 0 || s.Timeout < 0:
		return s, errs.BadParam("subscription", "has no negative bounds")
	}
	s.Concurrency = orDefault(s.Concurrency, 16)
	s.MaxTries = orDefault(s.MaxTries, 16)
	s.Timeout = orDefault(s.Timeout, 10*time.Second)
	return s, nil
}

func orDefault[N int | time.Duration](n, otherwise N) N {
	if n == 0 {
		return otherwise
	}
	return n
}

// isName tells whether a name could be a keyspace's: "card_processing".
func isName(name string) bool {
	if name == "" || len(name) > maxName || name[0] < 'a' || name[0] > 'z' {
		return false
	}
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
