package flow

import "github.com/loginwatch/loginwatch"

// Control gives the step that is sent once where a step's credential is refused, to
// see whose that refusal is; nil where the contract has none or the operator wants none.
// A client certificate of ours goes along with every request to its target, so there a
// control would carry a credential.
func (p *Plan) Control(refused *loginwatch.Step) *loginwatch.Step {
	k := refused.Case
	unwanted := p.Target.WithoutControl || p.Target.Transport.ClientCertFile != ""
	if k.Operation.Control == nil || unwanted || !refused.UsesCredential() || !k.SuccessDue() {
		return nil
	}
	return &loginwatch.Step{Case: k.Operation.Control, Role: loginwatch.RoleControl, Pos: k.Operation.Control.Pos}
}
