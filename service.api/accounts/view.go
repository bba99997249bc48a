package accounts

import (
	accountproto "farthing/service.account/proto"
	apiproto "farthing/service.api/proto"
	customerproto "farthing/service.customer/proto"
)

// view is an account as the API shows it.
type view struct {
	ID                string  `json:"id"`
	Description       string  `json:"description"`
	Created           string  `json:"created"`
	Closed            bool    `json:"closed"`
	Type              string  `json:"type"`
	Currency          string  `json:"currency"`
	CountryCode       string  `json:"country_code"`
	CountryCodeAlpha3 string  `json:"country_code_alpha3"`
	Owners            []owner `json:"owners"`
	OwnerType         string  `json:"owner_type"`
	ProductType       string  `json:"product_type"`
	LegalEntity       string  `json:"legal_entity"`
	IsFlex            bool    `json:"is_flex"`
	AccountNumber     string  `json:"account_number"`
	SortCode          string  `json:"sort_code"`
	PaymentDetails    details `json:"payment_details"`
}

type owner struct {
	UserID             string `json:"user_id"`
	PreferredName      string `json:"preferred_name"`
	PreferredFirstName string `json:"preferred_first_name"`
}

// details is where to pay money in.
type details struct {
	LocaleUK localeUK `json:"locale_uk"`
	IBAN     iban     `json:"iban"`
}

type localeUK struct {
	AccountNumber string `json:"account_number"`
	SortCode      string `json:"sort_code"`
}

// viewOf is an account and its owner, whose names are empty if by is nil.
func viewOf(a *accountproto.Account, by *customerproto.Customer) view {
	return view{
		ID: a.GetId(), Description: a.GetUserId(), Created: apiproto.Time(a.GetCreatedMs()), Closed: a.GetClosed(),
		Type: a.GetType(), Currency: a.GetCurrency(), CountryCode: "GB", CountryCodeAlpha3: "GBR",
		Owners:    []owner{{a.GetUserId(), by.GetPreferredName(), by.GetPreferredFirstName()}},
		OwnerType: "personal", ProductType: "standard", LegalEntity: "farthing_uk",
		AccountNumber: a.GetAccountNumber(), SortCode: a.GetSortCode(),
		PaymentDetails: details{
			LocaleUK: localeUK{a.GetAccountNumber(), a.GetSortCode()}, IBAN: ibanOf(a.GetSortCode(), a.GetAccountNumber()),
		},
	}
}
