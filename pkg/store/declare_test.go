package store_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"farthing/pkg/store"
)

func TestATableIsDeclaredByItsStruct(t *testing.T) {
	type row struct {
		AccountID string `store:"1,partition"`
		URLPath   string `store:"7,clustering,desc"`
		Version   int64  `store:"3,static"`
		ID        []byte `store:"4"`
	}
	got := store.ConditionalTable[row]("rows").Spec()
	want := &store.Spec{
		Name: "rows", Class: store.ConditionalClass,
		Columns: []store.Column{
			{Name: "account_id", Tag: 1, Type: store.Text, Role: store.Partition},
			{Name: "url_path", Tag: 7, Type: store.Text, Role: store.Clustering, Descending: true},
			{Name: "version", Tag: 3, Type: store.Integer, Role: store.Static},
			{Name: "id", Tag: 4, Type: store.Bytes, Role: store.Regular},
		},
		Partition: []int{0}, Clustering: []int{1}, Static: []int{2}, Regular: []int{3},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// panics is what f panics with.
func panics(f func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	f()
	return ""
}

func TestATableThatNoEngineCouldHoldIsRefusedAtItsDeclaration(t *testing.T) {
	type noTag struct{ ID string }
	type highTag struct {
		ID string `store:"256,partition"`
	}
	type noPartition struct {
		ID string `store:"1"`
	}
	type sameTag struct {
		ID   string `store:"1,partition"`
		Note string `store:"1"`
	}
	type badType struct {
		ID    string `store:"1,partition"`
		Price int    `store:"2"`
	}
	type badWord struct {
		ID string `store:"1,primary"`
	}
	type badOrder struct {
		ID   string `store:"1,partition"`
		Note string `store:"2,desc"`
	}
	type loneStatic struct {
		ID      string `store:"1,partition"`
		Version int64  `store:"2,static"`
	}
	type plainStatic struct {
		ID      string `store:"1,partition"`
		Seq     int64  `store:"2,clustering"`
		Version int64  `store:"3,static"`
	}
	for want, declare := range map[string]func(){
		"field ID has no tag":           func() { store.PlainTable[noTag]("rows") },
		"field ID has no tag number":    func() { store.PlainTable[highTag]("rows") },
		"no partition column":           func() { store.PlainTable[noPartition]("rows") },
		"id and note have the same tag": func() { store.PlainTable[sameTag]("rows") },
		"cannot be a int":               func() { store.PlainTable[badType]("rows") },
		`what is "primary"`:             func() { store.PlainTable[badWord]("rows") },
		"only a clustering column":      func() { store.PlainTable[badOrder]("rows") },
		"needs a clustering column":     func() { store.ConditionalTable[loneStatic]("rows") },
		"only a conditional table":      func() { store.PlainTable[plainStatic]("rows") },
	} {
		if got := panics(declare); !strings.Contains(got, want) || !strings.Contains(got, "table rows") {
			t.Errorf("got %q, want %q of table rows", got, want)
		}
	}
}

func TestASchemaWithATableTwiceIsRefused(t *testing.T) {
	type row struct {
		ID string `store:"1,partition"`
	}
	rows := store.PlainTable[row]("rows")
	err := store.Schema{Keyspace: "bank", Tables: []store.Table{rows, rows}}.Check()
	if err == nil || !strings.Contains(err.Error(), "table rows is declared twice") {
		t.Errorf("got %v", err)
	}
}
