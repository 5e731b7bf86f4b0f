using Puna.Tokenizer.Templates.Values;

namespace Puna.Tokenizer.Templates.Library;

/// <summary>A filter: <c>value | name(arguments)</c>.</summary>
/// <param name="Signature">Its parameters behind the value.</param>
/// <param name="Apply">What it does.</param>
internal sealed record Filter(Signature Signature, Func<RenderState, IValue, Bound, IValue> Apply);
