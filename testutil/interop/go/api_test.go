package interop

import (
	"context"
	"net/http"
	"testing"

	"github.com/filecoin-project/go-jsonrpc"
)

// version is the reply of Filecoin.Version.
type version struct {
	Version    string
	APIVersion uint32
	BlockDelay uint64
}

// signature is a Filecoin signature on the wire: 1 is secp256k1, 2 is BLS.
type signature struct {
	Type byte
	Data []byte
}

// api declares the methods the way Lotus's own client does; go-jsonrpc fills the fields in.
type api struct {
	Version    func(context.Context) (version, error)
	AuthNew    func(context.Context, []string) ([]byte, error)
	AuthVerify func(context.Context, string) ([]string, error)
	Closing    func(context.Context) (<-chan struct{}, error)

	WalletNew             func(context.Context, string) (string, error)
	WalletHas             func(context.Context, string) (bool, error)
	WalletList            func(context.Context) ([]string, error)
	WalletSign            func(context.Context, string, []byte) (*signature, error)
	WalletVerify          func(context.Context, string, []byte, *signature) (bool, error)
	WalletDelete          func(context.Context, string) error
	WalletValidateAddress func(context.Context, string) (string, error)

	NoSuchMethod func(context.Context) (string, error)
}

// dial connects with a token ("" for none) and disconnects when the test ends.
func dial(t *testing.T, url, token string, options ...jsonrpc.Option) *api {
	t.Helper()
	client, err := tryDial(t, url, token, new(api), options...)
	if err != nil {
		t.Fatalf("dial %s: %v", url, err)
	}
	return client
}

// tryDial is dial for a struct of the caller's choice, and for dialling that may fail.
func tryDial[T any](t *testing.T, url, token string, client *T, options ...jsonrpc.Option) (*T, error) {
	t.Helper()
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	closer, err := jsonrpc.NewMergeClient(context.Background(), url, "Filecoin", []any{client}, header, options...)
	if err != nil {
		return nil, err
	}
	t.Cleanup(closer)
	return client, nil
}

// forge returns the token with one character of its MAC changed. The last character of a 32-byte MAC
// carries two unused bits, so it changes the one before it.
func forge(token string) string {
	changed := []byte(token)
	at := len(changed) - 2
	if changed[at] == 'A' {
		changed[at] = 'B'
	} else {
		changed[at] = 'A'
	}
	return string(changed)
}
