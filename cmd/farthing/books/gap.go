package books

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"farthing/pkg/audit"
)

// Gap is a sum over the whole bank that is not what it must be.
type Gap struct {
	Rule      string
	Name      string // "suspense GBP", for one of the bank's own accounts, or "the whole ledger in GBP".
	Has, Must int64  // Minor units.
}

// Gaps are all that a reading shows: currencies in which all accounts together do not come to zero, and the bank's own
// accounts in which the ledger has other money than all who move it say together.
func (r *Reading) Gaps() []Gap {
	var because audit.Page
	because.Add(r.Payments)
	because.Add(r.BankPayments)
	has := maps.Clone(r.Accounts.Own)
	maps.DeleteFunc(has, func(name string, _ int64) bool { return !isAccounted(name) })
	whole := make(map[string]int64)
	for currency, minor := range r.Accounts.Posted {
		whole["the whole ledger in "+currency] = minor
	}
	return append(differences("zero sum", whole, nil), differences("own account", has, because.Own)...)
}

// isAccounted tells whether something stands for every penny of an account.
func isAccounted(name string) bool {
	return !strings.HasPrefix(name, "funding ") // What tests and benchmarks pay in is nobody's to remember.
}

func differences(rule string, has, must map[string]int64) (gaps []Gap) {
	names := slices.AppendSeq(slices.Collect(maps.Keys(has)), maps.Keys(must))
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if has[name] != must[name] {
			gaps = append(gaps, Gap{rule, name, has[name], must[name]})
		}
	}
	return gaps
}

// isAsWide tells whether two gaps are one, whatever has moved meanwhile.
func (g Gap) isAsWide(other Gap) bool {
	return g.Rule == other.Rule && g.Name == other.Name && g.Has-g.Must == other.Has-other.Must
}

// Faults is a fault for each gap.
func Faults(gaps []Gap) []audit.Fault {
	faults := make([]audit.Fault, len(gaps))
	for i, g := range gaps {
		faults[i] = audit.Fault{
			Rule: g.Rule, Detail: fmt.Sprintf("%s has %d minor units, and must have %d", g.Name, g.Has, g.Must),
		}
	}
	return faults
}
