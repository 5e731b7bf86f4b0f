namespace Puna.Kernels;

/// <summary>
/// Values of a forward pass that have a name. The doc of each gives its name in TransformerLens and its shape.
/// </summary>
public enum HookPoint
{
    /// <summary><c>blocks.i.hook_resid_pre</c>: the residual stream into a layer, <c>[rows, hidden]</c>; in layer 0 the embedding.</summary>
    ResidPre,

    /// <summary><c>blocks.i.attn.hook_z</c>: what the heads mixed, <c>[rows, heads × head_dim]</c>.</summary>
    Z,

    /// <summary><c>blocks.i.hook_attn_out</c>: what attention adds to the stream, <c>[rows, hidden]</c>.</summary>
    AttnOut,

    /// <summary><c>blocks.i.hook_resid_mid</c>: the stream between attention and MLP, <c>[rows, hidden]</c>.</summary>
    ResidMid,

    /// <summary><c>blocks.i.mlp.hook_post</c>: silu(gate) · up, <c>[rows, intermediate]</c>.</summary>
    MlpPost,

    /// <summary><c>blocks.i.hook_mlp_out</c>: what the MLP adds to the stream, <c>[rows, hidden]</c>.</summary>
    MlpOut,

    /// <summary><c>blocks.i.hook_resid_post</c>: the stream out of a layer, <c>[rows, hidden]</c>.</summary>
    ResidPost,

    /// <summary>The stream after the final norm and its gain, <c>[logit rows, hidden]</c>; its layer is the layer count.</summary>
    FinalNormed,
}
