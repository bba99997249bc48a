package outside

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

// hosts are names and what they mean to whoever resolves them.
func hosts() map[string][]string {
	return map[string][]string{
		"example.com":                  {"93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"},
		"loopback.example.com":         {"127.0.0.1"},
		"loopback6.example.com":        {"::1"},
		"mapped.example.com":           {"::ffff:127.0.0.1"},
		"private.example.com":          {"10.1.2.3"},
		"mixed.example.com":            {"93.184.215.14", "192.168.1.1"},
		"metadata.example.com":         {"169.254.169.254"},
		"metadata6.example.com":        {"fd00:ec2::254"},
		"unspecified.example.com":      {"0.0.0.0"},
		"broadcast.example.com":        {"255.255.255.255"},
		"nat64.example.com":            {"64:ff9b::7f00:1"},
		"6to4.example.com":             {"2002:7f00:1::"},
		"teredo.example.com":           {"2001:0:5ef5:79fb:0:59d:80ff:fffe"},
		"link.example.com":             {"fe80::1"},
		"carrier.example.com":          {"100.100.100.200"},
		"127.0.0.1.nip.example.com":    {"127.0.0.1"},
		"nothing.example.com":          {},
		"metadata.google.internal":     {"169.254.169.254"},
		"kubernetes.default.svc.local": {"10.96.0.1"},
	}
}

func resolve(_ context.Context, host string) ([]netip.Addr, error) {
	texts, known := hosts()[host]
	if !known {
		return nil, errors.New("no such host: " + host)
	}
	found := make([]netip.Addr, len(texts))
	for i, text := range texts {
		found[i] = netip.MustParseAddr(text)
	}
	return found, nil
}

// hostile are URLs that must not lead to a single connection.
func hostile() []string {
	return []string{
		// Not https, or no URL at all.
		"", "example.com", "//example.com/", "http://example.com/", "ftp://example.com/", "file:///etc/passwd",
		"gopher://example.com:70/_x", "dict://example.com:11211/", "javascript:alert(1)", "data:text/plain,x",
		"https:example.com", "https:/example.com", "https://", "https:///hooks", "https://?", "unix:///var/run/docker.sock",
		// This machine, in all spellings.
		"https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://foo.localhost/", "https://127.0.0.1/",
		"https://127.0.0.1:443/", "https://127.1/", "https://127.0.1/", "https://127.255.255.254/", "https://2130706433/",
		"https://0x7f000001/", "https://0x7f.0.0.1/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/",
		"https://127.0.0.1./", "https://127.0.0.0x1/", "https://0/", "https://0.0.0.0/", "https://[::]/", "https://[::1]/",
		"https://[0:0:0:0:0:0:0:1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/",
		"https://[::1%25lo]/", "https://[::1%lo]/", "https://loopback.example.com/", "https://loopback6.example.com/",
		"https://mapped.example.com/", "https://127.0.0.1.nip.example.com/", "https://unspecified.example.com/",
		"https://①②⑦.⓪.⓪.①/", "https://127。0。0。1/",
		// Inside.
		"https://10.0.0.1/", "https://172.16.0.1/", "https://172.31.255.255/", "https://192.168.0.1/", "https://100.64.0.1/",
		"https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
		"https://private.example.com/", "https://mixed.example.com/", "https://link.example.com/",
		"https://carrier.example.com/", "https://router/", "https://intranet.corp/", "https://printer.local/",
		"https://kubernetes.default.svc.local/", "https://1.0.0.127.in-addr.arpa/",
		// A cloud's metadata.
		"https://169.254.169.254/latest/meta-data/", "https://[::ffff:169.254.169.254]/", "https://2852039166/",
		"https://0xa9fea9fe/", "https://0251.0376.0251.0376/", "https://[fd00:ec2::254]/", "https://100.100.100.200/",
		"https://192.0.0.192/", "https://168.63.129.16/", "https://metadata.google.internal/", "https://metadata/",
		"https://metadata.example.com/", "https://metadata6.example.com/",
		// What wraps addresses in addresses.
		"https://[64:ff9b::7f00:1]/", "https://[64:ff9b::a9fe:a9fe]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/",
		"https://[2002:a9fe:a9fe::1]/", "https://[2001:0:5ef5:79fb::1]/", "https://nat64.example.com/",
		"https://6to4.example.com/", "https://teredo.example.com/",
		// Nobody's, and everybody's.
		"https://192.0.2.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://[2001:db8::1]/", "https://[3fff::1]/",
		"https://198.18.0.1/", "https://224.0.0.1/", "https://[ff02::1]/", "https://240.0.0.1/", "https://255.255.255.255/",
		"https://broadcast.example.com/", "https://nothing.example.com/", "https://unknown.example.com/",
		// Read one way here, and another way there.
		"https://user@example.com/", "https://user:password@example.com/", "https://example.com@127.0.0.1/",
		"https://example.com:443@127.0.0.1/", `https://example.com\@127.0.0.1/`, `https://127.0.0.1\.example.com/`,
		"https://example.com#@127.0.0.1/", "https://example.com%2f@127.0.0.1/", "https://127.0.0.1%2eexample.com/",
		"https://example%2ecom/", "https://exa mple.com/", "https://example.com/\r\nHost: inside", "https://example.com/\x00",
		"https://example.com\t/", " https://example.com/", "https://example.com/ü", "https://exämple.com/",
		"https://example..com/", "https://.example.com/", "https://example.com./", "https://-example.com/",
		"https://exa_mple.com/", "https://[example.com]/", "https://[93.184.215.14]/", "https://93.184.215.14.5/",
		// Ports.
		"https://example.com:22/", "https://example.com:80/", "https://example.com:25/", "https://example.com:6379/",
		"https://example.com:0/", "https://example.com:65536/", "https://example.com:-1/", "https://example.com:/",
		"https://example.com:443:443/", "https://example.com:0443/",
		// Too much.
		"https://example.com/" + strings.Repeat("a", URLMax), "https://" + strings.Repeat("a", 64) + ".com/",
		"https://" + strings.Repeat("a.", 130) + "com/",
	}
}

// counted is a dialler that connects to nothing, and counts.
type counted struct{ dialled atomic.Int64 }

func (c *counted) dial(context.Context, string, string) (net.Conn, error) {
	c.dialled.Add(1)
	return nil, errors.New("there is no network")
}

func TestNoHostileURLLeadsToAConnection(t *testing.T) {
	if n := len(hostile()); n < 60 {
		t.Fatalf("only %d URLs", n)
	}
	for _, address := range hostile() {
		network := &counted{}
		client := New(Options{Dial: network.dial, Resolve: resolve})
		answer, err := client.Post(t.Context(), address, http.Header{}, []byte("{}"))
		client.Close()
		known := answer.Problem == BadURL || answer.Problem == BadAddress || answer.Problem == Unresolved
		if n := network.dialled.Load(); err != nil || n != 0 || !known {
			t.Errorf("%q: %v, %+v, and %d connections", address, err, answer, n)
		}
	}
}

func TestGoodURLsAreCalled(t *testing.T) {
	for _, address := range []string{
		"https://example.com", "https://example.com/", "HTTPS://Example.COM/hooks?token=a%20b&c[]=d",
		"https://example.com:443/", "https://example.com:8443/a/b", "https://93.184.215.14/",
		"https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:8443/",
		"https://example.com/a@b:c", "https://example.com/..%2f", "https://[::ffff:93.184.215.14]/",
	} {
		network := &counted{}
		client := New(Options{Dial: network.dial, Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return resolve(ctx, strings.ToLower(host))
		}})
		answer, err := client.Post(t.Context(), address, http.Header{}, []byte("{}"))
		client.Close()
		if network.dialled.Load() == 0 || err != nil || answer.Problem != Unreachable {
			t.Errorf("%q: %v, %+v, %d connections", address, err, answer, network.dialled.Load())
		}
	}
}

func TestThisMachineIsCalledOnlyWhereThatIsAllowedAndByItsOwnNamesOnly(t *testing.T) {
	local := []string{"http://127.0.0.1:8080/", "http://localhost:1/", "https://localhost/", "http://[::1]:9000/hooks"}
	alien := []string{
		"http://example.com/", "https://loopback.example.com/", "https://mapped.example.com/", "https://10.0.0.1/",
		"http://10.0.0.1/", "https://example.com:22/", "http://127.0.0.1:0/", "ftp://127.0.0.1/", "http://foo.localhost/",
		"http://a@127.0.0.1/", "http://127.0.0.1:99999/", "http://0.0.0.0:80/", "http://[::1%25lo]:80/",
	}
	means := func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	for _, address := range append(local, alien...) {
		for _, allowed := range []bool{true, false} {
			network := &counted{}
			client := New(Options{Rules: Rules{AllowLoopback: allowed}, Dial: network.dial, Resolve: means})
			_, err := client.Post(t.Context(), address, http.Header{}, nil)
			client.Close()
			isLocal := strings.Contains(strings.Join(local, " "), address)
			if called := network.dialled.Load() > 0; err != nil || called != (allowed && isLocal) {
				t.Errorf("%q, allowed %v: %v, called %v", address, allowed, err, called)
			}
		}
	}
	// "localhost" that means somebody else is nobody.
	network := &counted{}
	client := New(Options{Rules: Rules{AllowLoopback: true}, Dial: network.dial, Resolve: func(
		context.Context, string,
	) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
	}})
	defer client.Close()
	if answer, err := client.Post(t.Context(), "http://localhost:80/", http.Header{}, nil); err != nil ||
		answer.Problem != BadAddress || network.dialled.Load() != 0 {
		t.Errorf("%v, %+v", err, answer)
	}
}

// What passes the check means one thing to every reader, and nothing inside by its text alone.
func FuzzCheck(f *testing.F) {
	for _, each := range hostile() {
		f.Add(each)
	}
	f.Add("https://example.com:8443/hooks?a=b")
	f.Fuzz(func(t *testing.T, text string) {
		u, broken := Rules{}.parse(text)
		if broken != "" {
			if u, dev := (Rules{AllowLoopback: true}).parse(text); dev == "" && !local(u.Hostname()) {
				t.Fatalf("%q is let in where loopback is", text)
			}
			return
		}
		host := u.Hostname()
		address, err := netip.ParseAddr(host)
		switch {
		case u.Scheme != "https" || u.User != nil || u.Fragment != "" || len(text) > URLMax:
			t.Fatalf("%q passes", text)
		case u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
			t.Fatalf("%q passes with a port", text)
		case err == nil && !Public(address):
			t.Fatalf("%q passes", text)
		case err != nil && (!strings.Contains(host, ".") || strings.ContainsAny(host, "%@\\ :[]_/")):
			t.Fatalf("%q passes as a name", text)
		}
	})
}
