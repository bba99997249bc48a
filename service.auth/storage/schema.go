// Package storage keeps who may ask, what was let be had, and who is logging in; secrets only by their hashes.
package storage

import (
	"strings"
	"time"

	"farthing/pkg/store"
)

// tokenRow is what happened to an access token: it was issued, with all that it grants, and perhaps revoked. Rows are
// only ever added, so that a revocation cannot be overwritten, nor come too late.
type tokenRow struct {
	Hash          []byte    `store:"1,partition"`
	Event         int64     `store:"2,clustering"`
	At            time.Time `store:"3"`
	User          string    `store:"4"`
	Client        string    `store:"5"`
	Scopes        string    `store:"6"` // With spaces between them.
	ExpiresAt     time.Time `store:"7"`
	Family        string    `store:"8"` // "" if an operator issued it.
	ApprovedAt    time.Time `store:"9"` // 1970 if never.
	StaysApproved bool      `store:"10"`
}

// The events of an access token. Their numbers are stored.
const (
	issued  = 1
	revoked = 2

	eventsMax = 2
)

// familyRow is what a client may do for a user, in static columns, and below it a line for each family that was begun:
// a code that comes again finds its family there.
type familyRow struct {
	User   string `store:"1,partition"`
	Client string `store:"2,partition"`
	Family string `store:"3,clustering"`

	Version          int64     `store:"4,static"` // What every change is conditional on.
	Current          string    `store:"5,static"` // The family that counts.
	Access           []byte    `store:"6,static"`
	Refresh          []byte    `store:"7,static"` // Empty for none.
	RefreshExpiresAt time.Time `store:"8,static"`
	Scopes           string    `store:"9,static"`
	ApprovedAt       time.Time `store:"10,static"`
	Ended            bool      `store:"11,static"`

	BegunAt time.Time `store:"12"`
}

// refreshRow leads from a refresh token to its family.
type refreshRow struct {
	Hash      []byte    `store:"1,partition"`
	User      string    `store:"2"`
	Client    string    `store:"3"`
	Family    string    `store:"4"`
	CreatedAt time.Time `store:"5"`
}

// codeRow is an authorisation code.
type codeRow struct {
	Hash        []byte    `store:"1,partition"`
	Client      string    `store:"2"`
	User        string    `store:"3"`
	RedirectURI string    `store:"4"`
	Scopes      string    `store:"5"`
	Challenge   string    `store:"6"`
	Family      string    `store:"7"`
	ApprovedAt  time.Time `store:"8"`
	ExpiresAt   time.Time `store:"9"`
}

// How long the store keeps what may be forgotten. Whether it still holds is never asked of that: a code or a refresh
// token that comes again within this time is known for a repeat, and afterwards only for invalid.
const (
	codesKept    = 7 * 24 * time.Hour
	refreshsKept = 180 * 24 * time.Hour
	loginsKept   = 24 * time.Hour
	askingsKept  = 24 * time.Hour
	lettersKept  = 30 * 24 * time.Hour // Far longer than an event is tried.
)

// clientRow is a client. All are in one partition: they are read one by one or listed, and are few.
type clientRow struct {
	Shelf        int64     `store:"1,partition"` // Always 0.
	ID           string    `store:"2,clustering"`
	Name         string    `store:"3"`
	Public       bool      `store:"4"`
	FirstParty   bool      `store:"5"`
	RedirectURIs string    `store:"6"` // With spaces between them: none has one.
	Scopes       string    `store:"7"` // Empty for all there is.
	Owner        string    `store:"8"`
	SecretHash   []byte    `store:"9"`
	CreatedAt    time.Time `store:"10"`
}

// loginRow is a login, rewritten at each step.
type loginRow struct {
	ID          string    `store:"1,partition"`
	User        string    `store:"2"`
	LinkHash    []byte    `store:"3"`
	BrowserHash []byte    `store:"4"`
	Step        int64     `store:"5"` // What every change is conditional on.
	UntilAt     time.Time `store:"6"`
	Client      string    `store:"7"`
	RedirectURI string    `store:"8"`
	State       string    `store:"9"`
	Scopes      string    `store:"10"`
	Challenge   string    `store:"11"`
}

// askingRow counts how often links were asked for, in one window of time, by one index of an e-mail or an address.
type askingRow struct {
	Who    []byte `store:"1,partition"`
	Window int64  `store:"2,clustering"` // Unix seconds.
	Count  int64  `store:"3"`            // What every change is conditional on.
}

// letterRow is an event about which somebody was mailed.
type letterRow struct {
	Event    string    `store:"1,partition"`
	MailedAt time.Time `store:"2"`
}

var (
	tokensTable   = store.ConditionalTable[tokenRow]("tokens")
	familiesTable = store.ConditionalTable[familyRow]("families")
	refreshTable  = store.ExpiringTable[refreshRow]("refresh_tokens")
	codesTable    = store.ExpiringTable[codeRow]("codes")
	clientsTable  = store.ConditionalTable[clientRow]("clients")
	loginsTable   = store.ExpiringTable[loginRow]("logins")
	askingsTable  = store.ExpiringTable[askingRow]("askings")
	lettersTable  = store.ExpiringTable[letterRow]("letters")
)

// Schema is the keyspace of service.auth.
func Schema() store.Schema {
	return store.Schema{Keyspace: "auth", Tables: []store.Table{
		tokensTable, familiesTable, refreshTable, codesTable, clientsTable, loginsTable, askingsTable, lettersTable,
	}}
}

func joined(scopes []string) string { return strings.Join(scopes, " ") }
