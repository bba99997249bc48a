package shapes

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// stream is GET /events being read.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
	close func()
}

// follow opens the customer's stream, after what a last id says was seen.
func (s *suite) follow(t *testing.T, lastID string) *stream {
	t.Helper()
	address := s.Facts().API + s.ofAccount("/events", "")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.Facts().AccessToken)
	req.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	transport := &http.Transport{}
	rsp, err := transport.RoundTrip(req)
	if err != nil || rsp.StatusCode != http.StatusOK {
		t.Fatalf("following was answered %v, %v", rsp, err)
	}
	closeAll := func() {
		_ = rsp.Body.Close()
		transport.CloseIdleConnections()
	}
	t.Cleanup(closeAll)
	return &stream{t, bufio.NewScanner(rsp.Body), closeAll}
}

// until reads events up to one that says something of a transaction, and answers its id and how often it was told of.
func (f *stream) until(name, transaction string) (lastID string, told []string) {
	f.t.Helper()
	event, data := "", ""
	for f.lines.Scan() {
		field, value, _ := strings.Cut(f.lines.Text(), ": ")
		switch field {
		case "event":
			event = value
		case "data":
			data = value
			told = append(told, event+" "+data)
		case "id":
			lastID = value
		case "":
			if event == name && strings.Contains(data, transaction) {
				return lastID, told
			}
		}
	}
	f.t.Fatalf("the stream ended: %v", f.lines.Err())
	return "", nil
}

func follows(t *testing.T, s *suite) {
	live := s.follow(t, "")
	live.until("ready", "")
	first := s.swipe(t, "1.25")
	lastID, told := live.until("feed_item.created", first.TransactionID)
	if !slices.ContainsFunc(told, func(each string) bool {
		return strings.HasPrefix(each, "transaction.created ") && strings.Contains(each, first.TransactionID)
	}) || !slices.ContainsFunc(told, func(each string) bool { return strings.HasPrefix(each, "balance.updated ") }) {
		t.Errorf("told is %q", told)
	}
	live.close()
	missed := s.swipe(t, "1.26")
	s.wantInFeed(t, missed.TransactionID)
	_, told = s.follow(t, lastID).until("feed_item.created", missed.TransactionID)
	if slices.ContainsFunc(told, func(each string) bool { return strings.Contains(each, first.TransactionID) }) {
		t.Errorf("what was told before is told again: %q", told)
	}
}
