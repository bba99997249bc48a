// Package apnsproto is what service.apns answers its peers, and where operators look at pushes.
package apnsproto

// AuditPushesPath is where service.apns compares what phones were told with feeds, a page (audit.Page) of accounts at a
// time. Checked are the accounts that have pushes, or whose customers have a phone.
const AuditPushesPath = "/audit/pushes"
