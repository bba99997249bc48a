package handler

import (
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
	switch own {
	case balanceproto.OwnAccount_OWN_ACCOUNT_SETTLEMENT:
		return logic.SettlementWith(scheme)
	case balanceproto.OwnAccount_OWN_ACCOUNT_SUSPENSE:
		return logic.Suspense
	case balanceproto.OwnAccount_OWN_ACCOUNT_DISPUTES:
		return logic.Disputes
	case balanceproto.OwnAccount_OWN_ACCOUNT_LOSSES:
		return logic.Losses
	case balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO:
		return logic.Nostro
	case balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME:
		return logic.PaymentScheme
	case balanceproto.OwnAccount_OWN_ACCOUNT_FEES:
		return logic.Fees
	case balanceproto.OwnAccount_OWN_ACCOUNT_UNSPECIFIED:
	}
	return ""
}
