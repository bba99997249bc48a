// Package feedproto is what service.feed answers its peers, and where operators look at feeds.
package feedproto

// AuditFeedsPath is where service.feed-generator compares feeds with transactions, a page (audit.Page) of accounts at a
// time.
const AuditFeedsPath = "/audit/feeds"
