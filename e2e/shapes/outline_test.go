package shapes

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"testing"
)

// outline is JSON with what differs from bank to bank taken out: of each value only its kind is left, of an id what it
// is an id of.
func outline(t *testing.T, text []byte) any {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%q is not JSON: %v", text, err)
	}
	return outlineOf(value)
}

var (
	timePattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)
	wholeID     = regexp.MustCompile(`^([a-z0-9]+_)[0-9A-Za-z]{22}$`)
	urlPattern  = regexp.MustCompile(`^https?://`)
)

func outlineOf(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, each := range value {
			value[name] = outlineOf(each)
		}
		return value
	case []any:
		if len(value) > 0 {
			return []any{outlineOf(value[0])}
		}
		return value
	case string:
		return outlineOfText(value)
	case bool:
		return "true or false"
	case nil:
		return nil
	}
	return "number"
}

func outlineOfText(text string) string {
	switch {
	case text == "":
		return ""
	case timePattern.MatchString(text):
		return "time"
	case urlPattern.MatchString(text):
		return "URL"
	case wholeID.MatchString(text):
		return wholeID.ReplaceAllString(text, "${1}…")
	}
	return "text"
}

// wantOutlines compares the outlines of all kinds of answers with those that every shape has.
func wantOutlines(t *testing.T, s *suite) {
	said := map[string]any{
		"farthing demo":        outline(t, []byte(s.Run(t, "demo", "-o", "json"))),
		"farthing deadletters": outline(t, []byte(s.Run(t, "deadletters", "-o", "json"))),
		"POST /authorisations": outline(t, s.askEdge(t, s.networkMessage(1_00, "000001")).Body),
		"… declined":           outline(t, s.askEdge(t, s.networkMessage(90_000_00, "000002")).Body),
		"… with nobody's card": outline(t, s.askEdge(t, `{"processor_id":"outline","card_id":"`+nobodys+`",
			"amount":{"minor":1,"currency":"GBP"},"descriptor":"A"}`).Body),
		"farthing swipe declined": outline(t, []byte(s.Run(t, "swipe", "90000", pret, "-o", "json"))),
	}
	about := fmt.Sprintf(`{"processor_id":"outline-back","card_id":%q,"original":{"processor_id":"outline-paid"}}`,
		s.Facts().CardID)
	payment := "/payments/" + s.swipe(t, "3.50", "--id", "outline-paid").TransactionID
	said["POST /reversals"] = outline(t, s.askCardEdge(t, http.MethodPost, "/reversals", about))
	said["GET /payments"] = outline(t, s.askCardEdge(t, http.MethodGet, payment, ""))
	text := s.Run(t, "swipe", "3.50", pret, "-o", "json")
	said["farthing swipe"] = outline(t, []byte(text))
	var paid swiped
	decode(t, text, &paid)
	s.wantInFeed(t, paid.TransactionID)
	for _, path := range []string{
		"/ping", "/ping/whoami", "/accounts", s.ofAccount("/balance", ""), s.ofAccount("/feed", "&limit=1"),
		s.ofAccount("/card/list", ""), s.ofAccount("/transactions", "&limit=1&expand[]=merchant"),
		"/transactions/" + paid.TransactionID, "/transactions/" + paid.TransactionID + "?expand[]=merchant",
	} {
		answer := s.Ask(t, http.MethodGet, s.Facts().API+path, "", "Authorization", "Bearer "+s.Facts().AccessToken)
		if answer.Status != http.StatusOK {
			t.Fatalf("GET %s was answered %d %s", path, answer.Status, answer.Body)
		}
		said["GET "+masked(path)] = outline(t, answer.Body)
	}
	lines, err := json.MarshalIndent(said, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "answers.golden", string(lines)+"\n")
}

func (s *suite) askCardEdge(t *testing.T, method, path, body string) []byte {
	t.Helper()
	return s.Ask(t, method, s.Facts().CardEdge+path, body, "Content-Type", "application/json").Body
}

var (
	anyID    = regexp.MustCompile(`\b([a-z0-9]+_)[0-9A-Za-z]{22}\b`)
	anyTrace = regexp.MustCompile(`\b[0-9a-f]{32}\b`)
)

// masked is text without what differs from bank to bank.
func masked(text string) string {
	return anyTrace.ReplaceAllString(anyID.ReplaceAllString(text, "${1}…"), "trace …")
}
