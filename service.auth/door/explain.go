package door

import (
	"farthing/pkg/edge"
	"farthing/pkg/errs"
	"farthing/service.auth/pages"
	authproto "farthing/service.auth/proto"
)

// explain is the filter that says in words, on a page, what is wrong. The error stays what it is for whoever counts and
// logs.
func (d *Door) explain(req edge.Request, svc edge.Service) edge.Response {
	rsp := svc(req)
	if rsp.Err == nil || rsp.IsShown() {
		return rsp
	}
	page, err := d.pages.Fault(faultOf(req.Route(), errs.Of(rsp.Err)))
	if err != nil {
		return rsp
	}
	return rsp.Shown(pages.Media, page)
}

const beginAgain = " Go back to the program that sent you here, and begin again."

// faultOf says what is wrong to somebody who may not know what a program is.
func faultOf(route string, coded *errs.Error) pages.Fault {
	if route == authproto.SignUpPath {
		return signUpFaultOf(coded)
	}
	switch coded.Code {
	case errs.NotFound + ".login":
		return pages.Fault{Title: "This link is not right", Text: "It may be incomplete." + beginAgain}
	case errs.Forbidden + ".other_browser":
		return pages.Fault{Title: "This is another browser", Text: "Open the link on the device, and in the browser, in " +
			"which you asked for it. It still works there."}
	case errs.Forbidden + ".form":
		return pages.Fault{Title: "This page is too old", Text: "Or your browser keeps no cookies; without them you cannot " +
			"log in." + beginAgain}
	case errs.PreconditionFailed + ".link_used":
		return pages.Fault{Title: "This link was used", Text: "Each works once." + beginAgain}
	case errs.PreconditionFailed + ".link_expired", errs.PreconditionFailed + ".login_expired":
		return pages.Fault{Title: "That took too long", Text: "For your safety it has ended." + beginAgain}
	case errs.PreconditionFailed + ".answered":
		return pages.Fault{Title: "You have answered", Text: "The program that sent you here knows it already."}
	case errs.RateLimited + ".login":
		return pages.Fault{Title: "Too many links", Text: "Look at your mail: the last link still works. Or ask again in " +
			"ten minutes."}
	}
	switch coded.Class() {
	case errs.BadRequest:
		return pages.Fault{Title: "We cannot go on", Text: "The program that sent you here has made a mistake. Its makers " +
			"may want to know: " + coded.Message + "."}
	case errs.NotFound:
		return pages.Fault{Title: "There is nothing here", Text: "The address may be mistyped."}
	default:
		return pages.Fault{Title: "Something went wrong", Text: "It is not your fault." + beginAgain}
	}
}

// signUpFaultOf says what is wrong to somebody who came to open an account, and was not sent by a program.
func signUpFaultOf(coded *errs.Error) pages.Fault {
	const loadAgain = " Load the form again, and fill it in once more."
	switch coded.Class() {
	case errs.Forbidden:
		return pages.Fault{Title: "This page is too old", Text: "Or your browser keeps no cookies; without them you cannot " +
			"apply." + loadAgain}
	case errs.BadRequest:
		return pages.Fault{Title: "We cannot read that", Text: "What came is not what the form sends." + loadAgain}
	default:
		return pages.Fault{Title: "Something went wrong", Text: "It is not your fault." + loadAgain}
	}
}
