package feedproto

import "time"

// Changed is the topic of nudges that an account's feed has changed; its key is the account.
const Changed = "feed"

// ChangePrefix begins the ids of changes.
const ChangePrefix = "chg"

// What who follows changes goes by: how long they are kept, and how long one may be written after its id was made.
const (
	ChangesKept = 7 * 24 * time.Hour
	ChangeLate  = 10 * time.Second
)
