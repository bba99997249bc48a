package handler

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	transactionsproto "farthing/service.transactions/proto"
)

func TestAnnotationsComeByFormAndByJSON(t *testing.T) {
	for name, c := range map[string]struct {
		form, json string
		want       map[string]string
	}{
		"form":             {form: "metadata[foo]=bar&metadata[n]=1", want: map[string]string{"foo": "bar", "n": "1"}},
		"encoded form":     {form: "metadata%5Bfoo%5D=b%26r", want: map[string]string{"foo": "b&r"}},
		"an empty value":   {form: "metadata[foo]=", want: map[string]string{"foo": ""}},
		"JSON":             {json: `{"metadata":{"n":1,"b":true}}`, want: map[string]string{"n": "1", "b": "true"}},
		"flat JSON":        {json: `{"metadata[foo]":"bar"}`, want: map[string]string{"foo": "bar"}},
		"null":             {json: `{"metadata":{"foo":null}}`, want: map[string]string{"foo": ""}},
		"lines":            {json: `{"metadata":{"notes":"a\r\nb\t🥪"}}`, want: map[string]string{"notes": "a\r\nb\t🥪"}},
		"fields it has no": {json: `{"metadata":{"foo":"bar"},"account_id":"x"}`, want: map[string]string{"foo": "bar"}},
	} {
		b := newBank()
		b.transactions = append(b.transactions, enriched("enriched", noon))
		door, path := b.serve(t).As("alice"), "/transactions/"+b.transactions[0].GetId()
		var rsp struct {
			Transaction struct {
				Merchant string // Not expanded, or this would fail.
				Metadata map[string]string
				Notes    string
			}
		}
		if c.json != "" {
			door.JSON("PATCH", path+"?expand[]=merchant", c.json).Into(&rsp)
		} else {
			door.Form("PATCH", path, c.form).Into(&rsp)
		}
		want := &transactionsproto.AnnotateRequest{
			TransactionId: b.transactions[0].GetId(), ClientId: alicesClient, Metadata: c.want,
		}
		if len(b.changes) != 1 {
			t.Fatalf("%s: changed were %v", name, b.changes)
		}
		if diff := cmp.Diff(want, b.changes[0], protocmp.Transform()); diff != "" {
			t.Errorf("%s: asked for\n%s", name, diff)
		}
		if got := rsp.Transaction; got.Merchant != pret().GetId() || got.Notes != c.want["notes"] {
			t.Errorf("%s: answered %+v", name, got)
		}
	}
}
