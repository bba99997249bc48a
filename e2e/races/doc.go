// Package races has many want the same card payment at once, in a whole bank: its money moves once.
package races
