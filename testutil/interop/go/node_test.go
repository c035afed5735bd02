package interop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/filecoin-project/go-jsonrpc"
)

// overEach runs a test over both transports.
func overEach(t *testing.T, test func(t *testing.T, ctx context.Context, transport string)) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
			defer cancel()
			test(t, ctx, transport)
		})
	}
}

// wantError fails unless the error prints exactly this text.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || err.Error() != text {
		t.Errorf("got error %v, want %q", err, text)
	}
}

func refusal(method, perm string) string {
	return fmt.Sprintf("missing permission to invoke '%s' (need '%s')", method, perm)
}

func TestVersion(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		for path, want := range map[string]uint32{"v0": apiVersionV0, "v1": apiVersionV1} {
			for _, token := range []string{nodeToken["read"], ""} {
				got, err := dial(t, node.url(transport, path), token).Version(ctx)
				if err != nil {
					t.Fatal(err)
				}
				if got.APIVersion != want || got.Version == "" {
					t.Errorf("%s: got %+v, want API version %#x and a version", path, got, want)
				}
			}
		}
	})
}

func TestAuthNewThenUse(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		admin := dial(t, node.url(transport, "v0"), nodeToken["admin"])
		want := []string{"read", "write"}
		token, err := admin.AuthNew(ctx, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := admin.AuthVerify(ctx, string(token))
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("AuthVerify: %v, %v; want %v", got, err, want)
		}

		writer := dial(t, node.url(transport, "v0"), string(token))
		address, err := writer.WalletNew(ctx, "secp256k1")
		if err != nil {
			t.Fatal(err)
		}
		_, err = writer.WalletSign(ctx, address, []byte("hello"))
		wantError(t, err, refusal("WalletSign", "sign"))
	})
}

func TestCommandLineTokensCarryTheirPermissions(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		client := dial(t, node.url(transport, "v0"), nodeToken["read"])
		for i, perm := range permissions {
			got, err := client.AuthVerify(ctx, nodeToken[perm])
			if err != nil || !slices.Equal(got, permissions[:i+1]) {
				t.Errorf("--perm %s: %v, %v; want %v", perm, got, err, permissions[:i+1])
			}
		}
	})
}

func TestRefusals(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		as := func(perm string) *api { return dial(t, node.url(transport, "v0"), nodeToken[perm]) }

		_, err := as("").WalletNew(ctx, "bls")
		wantError(t, err, refusal("WalletNew", "write"))
		_, err = as("read").WalletNew(ctx, "bls")
		wantError(t, err, refusal("WalletNew", "write"))
		_, err = as("read").AuthNew(ctx, []string{"read"})
		wantError(t, err, refusal("AuthNew", "admin"))
		_, err = as("write").WalletSign(ctx, "t01000", []byte("hello"))
		wantError(t, err, refusal("WalletSign", "sign"))
		err = as("sign").WalletDelete(ctx, "t01000")
		wantError(t, err, refusal("WalletDelete", "admin"))
		var rpc *jsonrpc.JSONRPCError
		if !errors.As(err, &rpc) || rpc.Code != 1 {
			t.Errorf("got %#v, want a JSON-RPC error with code 1", err)
		}
	})
}

func TestForgedTokenOverHTTP(t *testing.T) {
	_, err := dial(t, node.url("http", "v0"), forge(nodeToken["admin"])).Version(t.Context())
	var client *jsonrpc.ErrClient
	if !errors.As(err, &client) || !strings.Contains(err.Error(), "http status 401 Unauthorized") {
		t.Errorf("got %T %v, want an ErrClient that tells of status 401", err, err)
	}
}

func TestForgedTokenOverWebSocket(t *testing.T) {
	_, err := tryDial(t, node.url("ws", "v0"), forge(nodeToken["admin"]), new(api))
	var connection *jsonrpc.RPCConnectionError
	if !errors.As(err, &connection) || !strings.Contains(err.Error(), "bad handshake") {
		t.Errorf("got %T %v, want an RPCConnectionError that tells of a bad handshake", err, err)
	}
}

func TestWallet(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		client := dial(t, node.url(transport, "v1"), nodeToken["admin"])
		for kind, code := range map[string]byte{"secp256k1": 1, "bls": 2} {
			address, err := client.WalletNew(ctx, kind)
			if err != nil {
				t.Fatal(err)
			}
			signed, err := client.WalletSign(ctx, address, []byte("hello"))
			if err != nil {
				t.Fatal(err)
			}
			if signed.Type != code {
				t.Errorf("%s: signature type %d, want %d", kind, signed.Type, code)
			}
			if ok, err := client.WalletVerify(ctx, address, []byte("hello"), signed); err != nil || !ok {
				t.Errorf("%s: our own signature: %v, %v", kind, ok, err)
			}
			// Lotus reports another text's signature as an error or as false, depending on the key type.
			if ok, _ := client.WalletVerify(ctx, address, []byte("hullo"), signed); ok {
				t.Errorf("%s: the signature also holds for another text", kind)
			}

			list, err := client.WalletList(ctx)
			if err != nil || !slices.Contains(list, address) {
				t.Errorf("%s: WalletList: %v, %v; want %s in it", kind, list, err, address)
			}
			if has, err := client.WalletHas(ctx, address); err != nil || !has {
				t.Errorf("%s: WalletHas before WalletDelete: %v, %v", kind, has, err)
			}
			if err := client.WalletDelete(ctx, address); err != nil {
				t.Errorf("%s: WalletDelete: %v", kind, err)
			}
			if has, err := client.WalletHas(ctx, address); err != nil || has {
				t.Errorf("%s: WalletHas after WalletDelete: %v, %v", kind, has, err)
			}
		}
	})
}

func TestProtocolErrors(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		url := node.url(transport, "v0")
		_, err := dial(t, url, nodeToken["write"]).NoSuchMethod(ctx)
		wantCode(t, err, -32601, "method 'Filecoin.NoSuchMethod' not found")

		short, err := tryDial(t, url, nodeToken["write"], new(struct {
			WalletNew func(context.Context) (string, error)
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err = short.WalletNew(ctx)
		wantCode(t, err, -32602, "wrong param count (method 'Filecoin.WalletNew'): 0 != 1")
	})
}

func wantCode(t *testing.T, err error, code jsonrpc.ErrorCode, message string) {
	t.Helper()
	var rpc *jsonrpc.JSONRPCError
	if !errors.As(err, &rpc) || rpc.Code != code || rpc.Message != message {
		t.Errorf("got %T %v, want code %d and %q", err, err, code, message)
	}
}

// Two hundred calls at once: each gets the answer to its own question.
func TestConcurrentCalls(t *testing.T) {
	overEach(t, func(t *testing.T, ctx context.Context, transport string) {
		client := dial(t, node.url(transport, "v0"), nodeToken["read"])
		var calls sync.WaitGroup
		for i := range 200 {
			calls.Go(func() {
				id := fmt.Sprintf("0%d", 1000+i)
				// The node prints its own network's letter, whichever was given.
				got, err := client.WalletValidateAddress(ctx, "t"+id)
				if err != nil || len(got) < 1 || got[1:] != id {
					t.Errorf("call %d: %q, %v; want address …%s", i, got, err, id)
				}
			})
		}
		calls.Wait()
	})
}
