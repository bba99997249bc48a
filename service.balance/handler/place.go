package handler

import (
	"strings"

	"farthing/pkg/errs"
	"farthing/pkg/id"
	"farthing/service.balance/logic"
	balanceproto "farthing/service.balance/proto"
)

// twoPlaces are where money is taken and where it goes, which must not be the same.
func twoPlaces(taken, given *balanceproto.Place) (from, to logic.Place, err error) {
	if from, err = placeOf("from", taken); err != nil {
		return from, to, err
	}
	if to, err = placeOf("to", given); err == nil && from == to {
		err = errs.BadParam("to", "must not be where it is taken")
	}
	return from, to, err
}

func placeOf(field string, p *balanceproto.Place) (logic.Place, error) {
	own := p.GetOwn()
	switch {
	case p.GetAccountId() == "" && own == balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
		return logic.Place{}, errs.MissingParam(field)
	case p.GetAccountId() != "" && own != balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
		return logic.Place{}, errs.BadParam(field+".own", "excludes 'account_id'")
	case p.GetAccountId() != "":
		return logic.Place{Account: p.GetAccountId()}, id.Check(field+".account_id", "acc", p.GetAccountId())
	case own == balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT && !scheme.MatchString(p.GetScheme()):
		return logic.Place{}, errs.BadParam(field+".scheme", "must be 1 to 20 lower case letters")
	}
	name := ownName(own, p.GetScheme())
	if name == "" {
		return logic.Place{}, errs.BadParam(field+".own", "is none of the bank's own accounts")
	}
	return logic.Place{Own: name}, nil
}

// ownName is how one of the bank's own accounts is called, empty if there is none such.
func ownName(own balanceproto.OwnAccount, scheme string) string {
	if own == balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT {
		return logic.SettlementWith(scheme)
	}
	for name, each := range ownAccounts() {
		if each == own {
			return name
		}
	}
	return ""
}

// ownAccounts are those that there is one of, by how they are called.
func ownAccounts() map[string]balanceproto.OwnAccount {
	return map[string]balanceproto.OwnAccount{
		logic.Suspense:      balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE,
		logic.Disputes:      balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES,
		logic.Losses:        balanceproto.OwnAccount_OWN_ACCOUNT_LOSSES,
		logic.Nostro:        balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO,
		logic.PaymentScheme: balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME,
		logic.Fees:          balanceproto.OwnAccount_OWN_ACCOUNT_FEES,
	}
}

// placeProto is what placeOf has read. What is neither a customer's nor one of these shows as no place.
func placeProto(p logic.Place) *balanceproto.Place {
	if p.Own == "" {
		return &balanceproto.Place{AccountId: p.Account}
	}
	if own, one := ownAccounts()[p.Own]; one {
		return &balanceproto.Place{Own: own}
	}
	if scheme, settles := strings.CutPrefix(p.Own, logic.SettlementWith("")); settles {
		return &balanceproto.Place{Own: balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT, Scheme: scheme}
	}
	return &balanceproto.Place{}
}
