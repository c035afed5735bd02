//go:build lotus

package interop

// Lotus's own typed client (api/client) calls every method of every path of both daemons. It builds
// without cgo: nothing below api/client imports filecoin-ffi.

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/filecoin-project/go-jsonrpc"
	"github.com/filecoin-project/go-jsonrpc/auth"
	"github.com/filecoin-project/go-state-types/abi"
	"github.com/filecoin-project/go-state-types/builtin"
	lotusapi "github.com/filecoin-project/lotus/api"
	"github.com/filecoin-project/lotus/api/client"
	"github.com/filecoin-project/lotus/api/v0api"
	"github.com/filecoin-project/lotus/chain/types"
	"github.com/filecoin-project/lotus/chain/types/ethtypes"
)

// skipped are the methods that are not called, with the reason.
var skipped = map[string]string{
	"Shutdown": "ends the daemon; TestMain does that",
}

// rawParams are the parameters of the methods of which Lotus reads the array itself; its documentation
// has the bytes of none.
var rawParams = map[string]jsonrpc.RawParams{
	"EthEstimateGas":              jsonrpc.RawParams(`[{"to":"0xff000000000000000000000000000000000004d2","value":"0x1"},"latest"]`),
	"EthFeeHistory":               jsonrpc.RawParams(`["0x2","latest",[25,75]]`),
	"EthSubscribe":                jsonrpc.RawParams(`["newHeads"]`),
	"FilecoinAddressToEthAddress": jsonrpc.RawParams(`["f01234","latest"]`),
}

// documented is one line of Lotus's documented examples.
type documented struct {
	APIs   []string          `json:"apis"`
	Name   string            `json:"name"`
	Params []json.RawMessage `json:"params"`
}

// examples returns the documented parameters of an API's methods by bare name.
func examples(t *testing.T, of string) map[string][]json.RawMessage {
	t.Helper()
	text, err := os.ReadFile("../../fixtures/lotus-examples.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]json.RawMessage{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text))
	for lines.Scan() {
		var line documented
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(line.Name, "Filecoin."); ok && slices.Contains(line.APIs, of) {
			found[name] = line.Params
		}
	}
	return found
}

// bearer is the header with a token.
func bearer(token string) http.Header {
	return http.Header{"Authorization": []string{"Bearer " + token}}
}

// connected is what Lotus's constructors of clients return, with the interface forgotten.
func connected[T any](t *testing.T) func(T, jsonrpc.ClientCloser, error) any {
	return func(client T, closer jsonrpc.ClientCloser, err error) any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(closer)
		return client
	}
}

// outcome says what an error is: none, of the method, or that the daemon does not serve the method.
// ok is false for anything that tells of a misunderstanding between client and daemon.
func outcome(err error) (what string, ok bool) {
	if err == nil {
		return "served", true
	}
	var clientSide *jsonrpc.ErrClient
	var connection *jsonrpc.RPCConnectionError
	if errors.As(err, &clientSide) || errors.As(err, &connection) {
		return "misunderstood", false
	}
	var rpc *jsonrpc.JSONRPCError
	if errors.As(err, &rpc) {
		if rpc.Code < 0 || strings.Contains(rpc.Message, "missing permission") {
			return "refused", false
		}
		if strings.HasPrefix(rpc.Message, "Filecoin.") && strings.Contains(rpc.Message, " needs ") {
			return "unserved", true
		}
	}
	return "served", true
}

// call invokes a method with documented parameters, and the zero value where there is none that Go
// can read.
func call(ctx context.Context, name string, method reflect.Value, params []json.RawMessage) error {
	in := []reflect.Value{reflect.ValueOf(ctx)}
	if raw, ok := rawParams[name]; ok {
		in, params = append(in, reflect.ValueOf(raw)), nil
	}
	for i := len(in); i < method.Type().NumIn(); i++ {
		param := reflect.New(method.Type().In(i))
		if i <= len(params) && json.Unmarshal(params[i-1], param.Interface()) != nil {
			param = reflect.New(method.Type().In(i))
			// The documented example names no block, and the zero value none either.
			if block, ok := param.Interface().(*ethtypes.EthBlockNumberOrHash); ok {
				*block = ethtypes.NewEthBlockNumberOrHashFromPredefined(ethtypes.BlockTagLatest)
			}
		}
		in = append(in, param.Elem())
	}
	out := method.Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// takesReader tells of methods whose parameter is a stream that goes to another endpoint first.
func takesReader(method reflect.Type) bool {
	reader := reflect.TypeFor[io.Reader]()
	for i := 1; i < method.NumIn(); i++ {
		if method.In(i).Kind() == reflect.Interface && method.In(i).Implements(reader) {
			return true
		}
	}
	return false
}

func opensChannel(method reflect.Type) bool {
	return method.NumOut() == 2 && method.Out(0).Kind() == reflect.Chan
}

// Every method that Lotus's client has is answered so that the client understands it.
func TestLotusClientIsUnderstood(t *testing.T) {
	ctx := t.Context()
	admin, minerAdmin := bearer(nodeToken["admin"]), bearer(minerToken["admin"])
	for _, test := range []struct {
		api, transport string
		client         any
		methods        int
	}{
		{"full-v0", "ws", connected[v0api.FullNode](t)(client.NewFullNodeRPCV0(ctx, node.url("ws", "v0"), admin)), 198},
		{"full-v1", "ws", connected[lotusapi.FullNode](t)(client.NewFullNodeRPCV1(ctx, node.url("ws", "v1"), admin)), 280},
		{"full-v1", "http", connected[lotusapi.FullNode](t)(client.NewFullNodeRPCV1(ctx, node.url("http", "v1"), admin)), 280},
		{"full-v2", "ws", connected[any](t)(v2(ctx, node.url("ws", "v2"), admin)), 53},
		{"miner", "ws", connected[lotusapi.StorageMiner](t)(client.NewStorageMinerRPCV0(ctx, miner.url("ws", "v0"), minerAdmin)), 99},
	} {
		t.Run(test.api+"/"+test.transport, func(t *testing.T) {
			examples := examples(t, test.api)
			if len(examples) != test.methods {
				t.Errorf("%d documented methods, want %d", len(examples), test.methods)
			}
			counts := map[string]int{}
			value := reflect.ValueOf(test.client)
			for name, params := range examples {
				method := value.MethodByName(name)
				if !method.IsValid() {
					t.Errorf("%s: the client does not have it", name)
					continue
				}
				if skipped[name] != "" || takesReader(method.Type()) ||
					test.transport == "http" && opensChannel(method.Type()) {
					counts["skipped"]++
					continue
				}
				ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
				err := call(ctx, name, method, params)
				cancel()
				what, ok := outcome(err)
				counts[what]++
				if !ok {
					t.Errorf("%s: %s: %T %v", name, what, err, err)
				}
			}
			t.Log(counts)
			if counts["served"]+counts["unserved"]+counts["skipped"] != test.methods || counts["skipped"] > 15 {
				t.Errorf("%v of %d methods", counts, test.methods)
			}
		})
	}
}

func v2(ctx context.Context, url string, header http.Header) (any, jsonrpc.ClientCloser, error) {
	return client.NewFullNodeRPCV2(ctx, url, header)
}

// What the daemon serves by itself decodes into Lotus's own types, with the right values.
func TestLotusClientReadsWhatIsServed(t *testing.T) {
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), callTimeout)
			defer cancel()
			full, closer, err := client.NewFullNodeRPCV1(ctx, node.url(transport, "v1"), bearer(nodeToken["admin"]))
			if err != nil {
				t.Fatal(err)
			}
			defer closer()

			version, err := full.Version(ctx)
			if err != nil || version.APIVersion != lotusapi.FullAPIVersion1 {
				t.Errorf("Version: %v, %v; want %s", version, err, lotusapi.FullAPIVersion1)
			}
			token, err := full.AuthNew(ctx, []auth.Permission{"read", "sign"})
			if err != nil {
				t.Fatal(err)
			}
			perms, err := full.AuthVerify(ctx, string(token))
			if err != nil || !slices.Equal(perms, []auth.Permission{"read", "sign"}) {
				t.Errorf("AuthVerify: %v, %v", perms, err)
			}
			for _, kind := range []types.KeyType{types.KTSecp256k1, types.KTBLS, types.KTDelegated} {
				address, err := full.WalletNew(ctx, kind)
				if err != nil {
					t.Fatal(err)
				}
				list, err := full.WalletList(ctx)
				if err != nil || !slices.Contains(list, address) {
					t.Errorf("WalletList: %v, %v; want %s in it", list, err, address)
				}
				method := abi.MethodNum(0)
				if kind == types.KTDelegated {
					// A key of Ethereum signs nothing but what an Ethereum transaction can say.
					method = builtin.MethodsEVM.InvokeContract
				}
				message := &types.Message{Method: method, To: address, From: address, Nonce: 7, Value: types.FromFil(1),
					GasLimit: 1, GasFeeCap: types.NewInt(2), GasPremium: types.NewInt(1)}
				signed, err := full.WalletSignMessage(ctx, address, message)
				if err != nil || signed.Message.Cid() != message.Cid() {
					t.Errorf("%s: WalletSignMessage: %+v, %v", kind, signed, err)
				}
			}
			document, err := full.Discover(ctx)
			if err != nil || document["openrpc"] == nil {
				t.Errorf("Discover: %v", err)
			}
			if started, err := full.StartTime(ctx); err != nil || started.IsZero() {
				t.Errorf("StartTime: %v, %v", started, err)
			}
			if session, err := full.Session(ctx); err != nil || session.Variant().String() != "RFC4122" {
				t.Errorf("Session: %v, %v", session, err)
			}
			if systems, err := full.LogList(ctx); err != nil || len(systems) == 0 {
				t.Errorf("LogList: %v, %v", systems, err)
			}
			if _, err := full.LogAlerts(ctx); err != nil {
				t.Errorf("LogAlerts: %v", err)
			}
			if peers, err := full.NetPeers(ctx); err != nil || len(peers) != 0 {
				t.Errorf("NetPeers: %v, %v", peers, err)
			}
			_, err = full.ID(ctx)
			if what, _ := outcome(err); what != "unserved" || !strings.Contains(err.Error(), "needs a node of a network") {
				t.Errorf("ID: %v; want what would serve it", err)
			}
			selector := types.TipSetSelectors.Latest
			selected, closeV2, err := client.NewFullNodeRPCV2(ctx, node.url(transport, "v2"), bearer(nodeToken["admin"]))
			if err != nil {
				t.Fatal(err)
			}
			defer closeV2()
			latest, err := selected.ChainGetTipSet(ctx, selector)
			if head, headErr := full.ChainHead(ctx); err != nil || headErr != nil || latest.Height() > head.Height() {
				t.Errorf("ChainGetTipSet of v2: %v, %v; head %v, %v", latest, err, head, headErr)
			}
			block, err := full.EthGetBlockByNumber(ctx, "latest", true)
			if err != nil || len(block.LogsBloom) != 256 {
				t.Errorf("EthGetBlockByNumber: %+v, %v", block, err)
			}
		})
	}
}
