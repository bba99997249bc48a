package handler

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/service.api/openapi/openapitest"
	authproto "farthing/service.auth/proto"
)

func documented(t *testing.T) *openapitest.Document {
	t.Helper()
	document, err := openapitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestTheRoutesAreThoseOfTheDocument(t *testing.T) {
	var said []string
	for _, o := range documented(t).Operations() {
		path := strings.NewReplacer("{", ":", "}", "").Replace(o.Path)
		said = append(said, o.Method+" "+path)
	}
	slices.Sort(said)
	if diff := cmp.Diff(said, routes(newBank().peers()).Routes()); diff != "" {
		t.Fatalf("the document (-) and the routes (+) differ:\n%s", diff)
	}
}

// TestEveryOperationNeedsWhatTheDocumentSays asks each with a token of every other scope, and with none. Nothing else
// of the request is there: who needs no scope is told of that.
func TestEveryOperationNeedsWhatTheDocumentSays(t *testing.T) {
	for _, o := range documented(t).Operations() {
		b := newBank()
		b.tokens["alice"].Scopes = slices.DeleteFunc(authproto.Scopes(), func(scope string) bool {
			return slices.Contains(o.Scopes, scope)
		})
		at := b.serve(t)
		// The account is named, since a stream asks for it before it asks for scopes.
		path := strings.NewReplacer("{", "x", "}", "").Replace(o.Path) + "?account_id=" + alicesAcc
		without := at.Do(o.Method, path, nil)
		if got := without.Status == http.StatusUnauthorized; got == o.Open && o.ID != "createToken" {
			t.Errorf("%s without a token: got %d %s", o.ID, without.Status, without.Body)
		}
		if with := at.As("alice").Do(o.Method, path, nil); (with.Status == http.StatusForbidden) != (len(o.Scopes) > 0) &&
			!o.Open {
			t.Errorf("%s without its scope: got %d %s", o.ID, with.Status, with.Body)
		}
	}
}
