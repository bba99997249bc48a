package planted

// Bugs are all that are planted.
func Bugs() []Bug {
	var all []Bug
	for _, some := range [][]Bug{
		ofMoney(), ofHolds(), ofLimits(), ofRepeats(), ofRecords(), ofCards(), ofTransfers(), ofSignUps(), ofTokens(),
		ofAPI(),
	} {
		all = append(all, some...)
	}
	return all
}

// Where most of them are.
const (
	ledger   = "service.balance/logic/"
	accounts = "service.balance/storage/accounts.go"
	payments = "service.card-processing/logic/payment.go"
	pushes   = "service.apns/handler/push.go"

	ledgerTests  = "service.balance/handler"
	decideTests  = "service.balance/logic"
	storageTests = "service.balance/storage"
)

// ofMoney give or take what nobody has.
func ofMoney() []Bug {
	return []Bug{
		{
			Name: "holds_not_counted", Breaks: "what is held counts as available",
			File: ledger + "check.go", Was: "amount <= available, Insuff", Is: "amount <= a.Posted, Insuff",
			Package: ledgerTests, Test: "TestOnlyAffordableHoldsWinARace",
		},
		{
			Name: "stale_decision", Breaks: "a decision on a version that is old is written",
			File: accounts, Was: "\n\t\tIf(\"version\", was.Version).If(", Is: "\n\t\tIf(",
			Package: storageTests, Test: "TestOnPebble/a_stale_version_changes_nothing",
		},
		{
			Name: "partial_above_available", Breaks: "of a partial approval all that was asked for is held",
			File: ledger + "decide.go", Was: "\ta.Held += amount\n", Is: "\ta.Held += c.Amount\n",
			Package: decideTests, Test: "TestAPartOfAPurchaseWithCashIsItsGoodsOrNothing",
		},
		{
			Name: "part_of_posted", Breaks: "a partial approval is a part of what is posted, not of what is available",
			File: ledger + "decide.go", Was: "c.part(a.Available())", Is: "c.part(a.Posted)",
			Package: "e2e/ledger", Test: "TestALedgerDoesWhatItsModelDoes",
		},
		{
			Name: "credit_before_debit", Breaks: "a journal posts its credit before its debit may be declined",
			File:    ledger + "journal.go",
			Was:     "\tfor n, leg := range j.Legs {\n\t\tif isInternal(",
			Is:      "\tfor n := len(j.Legs) - 1; n >= 0; n-- {\n\t\tleg := j.Legs[n]\n\t\tif isInternal(",
			Package: ledgerTests, Test: "TestWhatWasDeclinedStaysSo",
		},
		{
			Name: "declined_left_open", Breaks: "a declined transfer leaves its journal open",
			File: ledger + "journal.go",
			Was:  "return entries[:1], b.Journals.EndVoid(ctx, j)", Is: "return entries[:1], nil",
			Package: ledgerTests, Test: "TestWhatWasDeclinedStaysSo",
		},
	}
}

// ofHolds leave too much or too little of a hold.
func ofHolds() []Bug {
	return []Bug{
		{
			Name: "given_back_twice", Breaks: "a reversal gives back twice",
			File: ledger + "decide.go", Was: "\ta.Held -= minor\n", Is: "\ta.Held -= 2 * minor\n",
			Package: ledgerTests, Test: "TestAHoldIsReleasedOnceHoweverOftenItIsAsked",
		},
		{
			Name: "steps_forgotten", Breaks: "a step of a hold does not see the steps before",
			File: ledger + "release.go", Was: "\tfor i := range n {\n", Is: "\tfor i := range min(n, 1) {\n",
			Package: ledgerTests, Test: "TestAHoldChangesInNumberedStepsAndNeverGivesMoreThanItHas",
		},
		{
			Name: "clearing_keeps_hold", Breaks: "a collection leaves its money held",
			File: ledger + "decide.go", Was: "takeFromHold(a, c.Captured, rest)", Is: "takeFromHold(a, 0, rest)",
			Package: ledgerTests, Test: "TestAClearingTakesTheMoneyAndFreesWhatWasHeldForIt",
		},
		{
			Name: "roll_drops_holds", Breaks: "a bucket that rolls drops the open holds",
			File: ledger + "bucket.go",
			Was:  "= a.Bucket+1, false, []byte{}\n", Is: "= a.Bucket+1, false, []byte{}\n\ta.Held, a.OpenHolds = 0, 0\n",
			Package: ledgerTests, Test: "TestALedgerThatRollsIsTheSameAsOneThatDoesNot",
		},
		{
			Name: "expiry_ignores_increments", Breaks: "a hold expires by its first amount's time, not by its last's",
			File: payments, Was: "\t\tnext.HeldMs = e.GetAtMs()\n", Is: "\t\tnext.HeldMs = p.GetHeldMs()\n",
			Package: "service.card-processing/logic", Test: "TestAHoldThatGrewLastsFromThenOn",
		},
	}
}

// ofLimits count wrongly what was spent.
func ofLimits() []Bug {
	return []Bug{
		{
			Name: "limit_before_adding", Breaks: "a limit is compared before the payment is added",
			File: ledger + "check.go", Was: "counts <= limit.Minor-before", Is: "before < limit.Minor",
			Package: ledgerTests, Test: "TestEachLimitDeclinesByItsNameAndExplainsItself",
		},
		{
			Name: "midnight", Breaks: "the customer's day turns at midnight",
			File: "pkg/day/day.go", Was: "const turnsAt = 4", Is: "const turnsAt = 0",
			Package: "pkg/day", Test: "TestTheDayTurnsAtFourInLondon",
		},
		{
			Name: "limits_not_given_back", Breaks: "a reversal does not give back to the limits",
			File: ledger + "decide.go",
			Was:  "a = a.counted(from.ControlSet, -part.Minor, -part.Cash, part.Day)", Is: "_ = from.ControlSet",
			Package: ledgerTests, Test: "TestWhatIsGivenBackMayBeSpentAgainAndWhatIsForcedCounts",
		},
		{
			Name: "given_back_to_today", Breaks: "what was held yesterday is given back to today's spending",
			File: ledger + "decide.go", Was: "if part.Day == a.SpendDay {", Is: "if part.Day <= a.SpendDay {",
			Package: decideTests, Test: "TestTodaysSpendingCountsOneDayAndGivesBackItsOwnHolds",
		},
		{
			Name: "collected_is_spent_twice", Breaks: "a collection of what was held is spent once more",
			File: ledger + "decide.go", Was: "c.Amount-c.Captured, today)", Is: "c.Amount, today)",
			Package: ledgerTests, Test: "TestAClearingTakesTheMoneyAndFreesWhatWasHeldForIt",
		},
	}
}

// ofRepeats do twice what was asked for once, or guess what became of it.
func ofRepeats() []Bug {
	return []Bug{
		{
			Name: "repeat_decided_anew", Breaks: "a repeat is decided anew",
			File: accounts, Was: "\t\tbatch.InsertNew(row, answerColumns()...)\n", Is: "\t\tbatch.Insert(row)\n",
			Package: storageTests, Test: "TestOnPebble/an_id_that_is_there_already_answers_its_entry",
		},
		{
			Name: "repeat_in_one_batch", Breaks: "a repeat that waits beside its first is decided with it",
			File: ledger + "queue.go",
			Was:  "if len(round) == most || ids[p.command.ID] {", Is: "if len(round) == most {",
			Package: ledgerTests, Test: "TestConcurrentRepeatsMakeOneHold",
		},
		{
			Name: "rolled_ids_forgotten", Breaks: "a repeat is not looked for in buckets that are closed",
			File: ledger + "bucket.go", Was: "return a.Bucket > 0 && !at", Is: "return a.Bucket < 0 && !at",
			Package: ledgerTests, Test: "TestAnIDHappensOnceInWhateverBucketItIsAskedFor",
		},
		{
			Name: "fence_not_written", Breaks: "a fence is answered and not written",
			File:    ledger + "commit.go",
			Was:     "fencing, err := l.accounts.Fence(ctx, state, void, w.at)",
			Is:      "fencing, err := Posting{Posted: true}, error(nil)",
			Package: ledgerTests, Test: "TestAReversalBeforeItsAuthorisationKeepsItOut",
		},
		{
			Name: "unknown_is_nothing", Breaks: "an unknown outcome is taken for nothing done",
			File: ledger + "commit.go", Was: "\t\tr.unknown = true\n", Is: "\t\tr.unknown = false\n",
			Package: ledgerTests, Test: "TestAnUnknownOutcomeIsResolvedNotGuessed",
		},
		{
			Name: "refused_is_answered", Breaks: "a write that was refused for a version that is old is answered as done",
			File: ledger + "commit.go",
			Was:  "\tcase posting.Posted:\n", Is: "\tcase posting.Posted, len(posting.Seen) == 0:\n",
			Package: "e2e/ledger", Test: "TestWhatManyAreToldCanHaveHappenedInSomeOrder/Pebble",
		},
		{
			Name: "second_write", Breaks: "an authorisation takes two conditional writes",
			File: ledger + "commit.go",
			Was:  "\tposting, err := r.ledger.accounts.Post(",
			Is: "\t_, _ = r.ledger.accounts.Fence(ctx, state, Entry{ID: \"seen:\" + entries[0].ID, Kind: Void}, timeless())\n" +
				"\tposting, err := r.ledger.accounts.Post(",
			Package: "e2e", Test: "TestAnAuthorisationIsOneConditionalWriteInTheWholeBank",
		},
		{
			Name: "disowned_and_confirmed", Breaks: "a hold is both answered and given back",
			File: ledger + "answer.go", Was: "return row.Reason == as, nil", Is: "return true, nil",
			Package: ledgerTests, Test: "TestAnUnansweredHoldIsEitherConfirmedOrDisowned",
		},
		{
			Name: "confirmed_for_ever", Breaks: "a repeat that was let through and never recorded keeps its hold",
			File: ledger + "answer.go", Was: "return l.settleAnswer(ctx, account, hold, TimedOut, unrecordedAfter)",
			Is:      "return l.settleAnswer(ctx, account, hold, TimedOut, forEver)",
			Package: "e2e", Test: "TestAHoldWhoseRepeatsWereNotToldEitherIsReleasedToo",
		},
		{
			Name: "disowned_too_soon", Breaks: "a hold is disowned while a repeat of it may still be recorded",
			File: ledger + "answer.go", Was: "unrecordedAfter = 50 * time.Second", Is: "unrecordedAfter = 0",
			Package: ledgerTests, Test: "TestAConfirmationStandsForAsLongAsItMayStillBeRecorded",
		},
	}
}

// ofRecords tell what was not so.
func ofRecords() []Bug {
	return []Bug{
		{
			Name: "chain_leaves_out", Breaks: "an entry's hash leaves a field out",
			File: ledger + "account.go", Was: "\ttext(e.TransactionID)\n", Is: "",
			Package: decideTests, Test: "TestAnEntrysHashIsOverAllOfIt",
		},
		{
			Name: "seal_leaves_out", Breaks: "a closed bucket's seal leaves the counters out",
			File: ledger + "bucket.go", Was: "a.LastAt.UnixMilli(), a.Counters, a.Chain", Is: "a.LastAt.UnixMilli(), 0, a.Chain",
			Package: decideTests, Test: "TestABucketsSealIsOverAllOfItsState",
		},
		{
			Name: "push_forgotten", Breaks: "what a phone was told is not kept",
			File: pushes, Was: "errors.Join(err, h.pushes.Keep(ctx, p))", Is: "err",
			Package: "service.apns/handler", Test: "TestARepeatAfterARestartTellsNoPhoneAgain",
		},
		{
			Name: "push_not_made", Breaks: "a customer with only one phone is told nothing",
			File: pushes, Was: "len(devices) == 0", Is: "len(devices) <= 1",
			Package: "e2e", Test: "TestTheAuditNamesThePushOrTheItemThatWasLost/nothing",
		},
	}
}

// ofCards are in what is made of the network's messages.
func ofCards() []Bug {
	return []Bug{
		{
			Name: "reversed_beyond_held", Breaks: "a reversal is of its own amount, whatever is held",
			File: payments, Was: "e.ReleasedMinor = min(s.Minor, held)", Is: "e.ReleasedMinor = s.Minor",
			Package: "e2e/lifecycle", Test: "TestEveryOrderOfMessagesEndsWhereItMust",
		},
		{
			Name: "refund_taken_back_twice", Breaks: "a refund is taken back by each of two reversals",
			File: "service.card-processing/logic/refund.go",
			Was:  "postedAs(p, s.Refund); r.GetStatus() {", Is: "postedAs(p, s.Refund); min(r.GetStatus(), posted) {",
			Package: "e2e/races", Test: "TestARefundIsTakenBackOnceHoweverManyWantIt",
		},
		{
			Name: "clearing_record_twice", Breaks: "a record that comes in two files is collected twice",
			File: "service.card-processing/handler/subject.go",
			Was:  "\tsaid.ClearingFile = file\n", Is: "\tsaid.ClearingFile = file\n\tsaid.MessageID += file\n",
			Package: "e2e/settlement", Test: "TestARecordOfAnotherFileIsPostedAlready",
		},
		{
			Name: "stand_in_twice", Breaks: "a card's second payment of a day is stood in for",
			File: "service.card-processing/handler/standin.go",
			Was:  "\t\tcase stood.HoldID == holdID:\n", Is: "\t\tcase stood.HoldID != \"\":\n",
			Package: "e2e", Test: "TestASmallPaymentIsStoodInForOncePerCardAndDay",
		},
		{
			Name: "dispute_credited_twice", Breaks: "a dispute that was credited is credited again when it is won",
			File: "service.card-processing/logic/dispute.go",
			Was:  "\t\treturn []Adjustment{scheme}\n",
			Is: "\t\tcredit.ID = e.GetMessageId() + \"/again\"\n" +
				"\t\treturn []Adjustment{scheme, credit}\n",
			Package: "e2e/settlement", Test: "TestADisputeComesToWhatItMustThoughTheStoresCrashAtEachWrite",
		},
		{
			Name: "wrong_pin_not_counted", Breaks: "wrong PINs are not counted",
			File: "service.cards/logic/pin.go", Was: "\tp.Wrong++\n", Is: "",
			Package: "service.cards/logic", Test: "TestThreeWrongPINsInARowBlockIt",
		},
	}
}

// ofTransfers move money from account to account otherwise than is said.
func ofTransfers() []Bug {
	const found, drive = "TestEveryPaymentAndEveryPotIsInTheBooks", "service.payment/handler/drive.go"
	return []Bug{
		{
			Name: "refused_not_given_back", Breaks: "a payment that was refused is not given back",
			File: drive, Was: "\t\treturn h.giveBack(ctx, p)\n",
			Is:      "\t\tp.State = paymentproto.State_STATE_REFUSED\n\t\treturn nil\n",
			Package: "e2e/books", Test: found,
		},
		{
			Name: "returned_from_scheme", Breaks: "a return is paid out of what is under way",
			File: drive, Was: "logic.Return, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_NOSTRO)",
			Is:      "logic.Return, ownSide(balanceproto.OwnAccount_OWN_ACCOUNT_PAYMENT_SCHEME)",
			Package: "e2e/books", Test: found,
		},
		{
			Name: "deposit_as_income", Breaks: "a deposit into a pot shows as money that came in",
			File: "service.pot/handler/move.go", Was: "-m.Amount.Minor, moved.GetFromBalance()",
			Is:      "m.Amount.Minor, moved.GetFromBalance()",
			Package: "e2e/books", Test: found,
		},
	}
}

// ofSignUps make of somebody who signs up more than there should be, or somebody else.
func ofSignUps() []Bug {
	return []Bug{
		{
			Name: "opened_again", Breaks: "a sign-up that was cut short opens another account",
			File:    "service.signup/handler/open.go",
			Was:     "Type: accountType, Currency: currency, DedupeId: a.GetId()",
			Is:      "Type: accountType, Currency: currency, DedupeId: h.ids.New(\"again\")",
			Package: "e2e", Test: "TestASignUpMakesOneOfEverythingThoughTheStoresCrashAtEachWrite",
		},
		{
			Name: "mail_not_awaited", Breaks: "that an applicant was mailed is noted though no server took the mail",
			File:    "service.auth/handler/applicants.go",
			Was:     "\t\terr = a.sender.Send(ctx, mail.Message{To: to, Subject: subject, Text: text})\n",
			Is:      "\t\t_ = a.sender.Send(ctx, mail.Message{To: to, Subject: subject, Text: text})\n",
			Package: "service.auth/handler", Test: "TestAMailWaitsUntilAServerTakesIt",
		},
		{
			Name:   "customer_told_to_applicant",
			Breaks: "that an address is a customer's is mailed to it as the applicant wrote it",
			File:   "service.auth/handler/applicants.go", Was: "if news == logic.IsCustomer {", Is: "if news == logic.NoNews {",
			Package: "service.auth/handler", Test: "TestThatSomebodyBanksHereIsToldOnlyToThem",
		},
		{
			Name: "address_given_away", Breaks: "an email address that is a customer's is given to another one",
			File: "service.customer/storage/emails.go", Was: "\treturn errEmailTaken()\n", Is: "\treturn nil\n",
			Package: "service.customer/handler", Test: "TestOneOfManyWhoWantAnAddressGetsIt",
		},
	}
}

// ofTokens let programs and strangers do what their users did not approve.
func ofTokens() []Bug {
	const logic, handler, door = "service.auth/logic", "service.auth/handler", "service.auth/door"
	return []Bug{
		{
			Name: "old_token_lives", Breaks: "new tokens leave the access token before them alive",
			File: handler + "/exchange.go",
			Was:  "\tif err := h.endAccess(ctx, was); err != nil {\n\t\treturn false, err\n\t}\n", Is: "",
			Package: handler, Test: "TestARefreshGivesNewTokensAndEndsTheOldAccessToken",
		},
		{
			Name: "code_twice", Breaks: "a code begins its family each time that it comes",
			File: "service.auth/storage/families.go", Was: ".InsertNew(familyRow{", Is: ".Insert(familyRow{",
			Package: "service.auth/storage", Test: "TestOnPebble/a_family_begins_once",
		},
		{
			Name: "reuse_forgiven", Breaks: "a refresh token that comes again is refused, and its family lives on",
			File: handler + "/refresh.go", Was: "\tcase logic.Reused:\n", Is: "\tcase 0:\n",
			Package: handler, Test: "TestARefreshTokenThatComesAgainEndsAllOfItsFamily",
		},
		{
			Name: "refresh_approves", Breaks: "a refresh counts as an approval",
			File: handler + "/exchange.go", Was: "Approved: f.Approved,", Is: "Approved: now,",
			Package: handler, Test: "TestARefreshGivesNewTokensAndEndsTheOldAccessToken",
		},
		{
			Name: "redirect_by_prefix", Breaks: "users are sent to whatever begins as a redirect URI does",
			File: logic + "/client.go", Was: "slices.Contains(c.RedirectURIs, uri)",
			Is:      "slices.ContainsFunc(c.RedirectURIs, func(own string) bool { return strings.HasPrefix(uri, own) })",
			Package: logic, Test: "TestARedirectIsComparedLetterByLetter",
		},
		{
			Name: "challenge_dropped", Breaks: "a code that was asked for with a challenge is redeemed without a verifier",
			File: logic + "/code.go", Was: "if challenge == \"\" {", Is: "if challenge == \"\" || verifier == \"\" {",
			Package: handler, Test: "TestACodeIsGoodForWhoeverAskedForItAndForNobodyElse",
		},
		{
			Name: "link_twice", Breaks: "a link works again",
			File: logic + "/login.go", Was: "\tcase l.Step != Mailed:\n\t\treturn ErrLinkUsed()\n", Is: "",
			Package: door, Test: "TestALinkWorksOnce",
		},
		{
			Name: "any_browser", Breaks: "a link works in any browser",
			File: logic + "/login.go",
			Was:  "\tcase !Matches(l.BrowserHash, browser):\n\t\treturn errs.", Is: "\tcase false:\n\t\treturn errs.",
			Package: door, Test: "TestALinkWorksOnlyInTheBrowserThatAskedForIt",
		},
		{
			Name: "old_history_shown", Breaks: "history stays open after an approval",
			File: "service.api/caller/approval.go", Was: "freshFor   = 5 * time.Minute", Is: "freshFor   = 500 * time.Hour",
			Package: "service.api/handler", Test: "TestAllOfHistoryMayBeReadForFiveMinutesAndThenOnlyOf90Days",
		},
	}
}

// ofAPI show or let programs change what is somebody else's.
func ofAPI() []Bug {
	const caller, matrix = "service.api/caller/", "e2e/matrix"
	return []Bug{
		{
			Name: "anothers_thing_shown", Breaks: "a pot, card, transaction or webhook of another customer's is shown",
			File: caller + "thing.go",
			Was:  "\tif err == nil {\n\t\t_, err = Own(", Is: "\tif err != nil {\n\t\t_, err = Own(",
			Package: matrix, Test: "TestWhatIsAnothersIsAnsweredAsWhatDoesNotExist",
		},
		{
			Name: "scope_by_prefix", Breaks: "a scope to read lets a program write",
			File:    caller + "caller.go",
			Was:     "!slices.Contains(Of(req).Scopes, scope)",
			Is:      "!slices.ContainsFunc(Of(req).Scopes, func(s string) bool { return s[:4] == scope[:4] })",
			Package: matrix, Test: "TestNobodyButItsOwnerMayDoAnything",
		},
	}
}
