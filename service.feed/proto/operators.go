package feedproto

// AuditFeedsPath is where service.feed-generator compares feeds with transactions, a page (audit.Page) of accounts at a
// time.
const AuditFeedsPath = "/audit/feeds"
