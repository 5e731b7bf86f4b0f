using System.Collections.Immutable;
using System.Text.Json;
using Puna.Kernels;
using Puna.Kernels.Cpu;
using Puna.Runtime.Loading;
using Puna.Runtime.Models;
using Puna.Runtime.Sampling;
using Puna.Runtime.Scheduling;
using Puna.Tokenizer;
using Puna.Tokenizer.Templates;

namespace Puna.Runtime;

/// <summary>
/// A model that answers: a folder's weights, tokenizer and chat template, and what executes them. Answers may be asked
/// for on several threads; they share the cores.
/// </summary>
/// <example><code>
/// using LanguageModel model = LanguageModel.Load("models/demo");
/// Answer answer = model.Generate(model.Request(model.EncodeChat([new("user", "What is the capital of France?")]), maxTokens: 50));
/// </code></example>
public sealed class LanguageModel : IDisposable
{
    private const string ToolTemplateNeeded = "The folder has no chat template. Give the prompt as text, or as ids.";
    private readonly ChatTemplate? _toolTemplate;
    private readonly TokenNames _tokenNames = new(null, null);

    private LanguageModel(ModelFolder folder, IBackend backend, ModelOptions options, CancellationToken cancellation)
    {
        (Folder, Backend, StopIds) = (folder, backend, folder.StopIds);
        Mode = options.ModeFor(folder, backend);
        if (folder.HasTokenizer && options.Text == TextUse.Tokenizer)
        {
            Tokenizer = BpeTokenizer.Load(folder.Path);
            Template = ChatTemplate.Load(folder.Path);
            _toolTemplate = ChatTemplate.Load(folder.Path, withTools: true);
            _tokenNames = TokenNames.Read(folder.Path);
            StopIds = ModelStops.Find(folder, Tokenizer, Template);
        }

        // Last: what is wrong with a small file is said before gigabytes are read.
        Weights = WeightLoader.Load(folder, Mode, backend, options.Loading, cancellation);
    }

    /// <summary>The folder's configuration and headers.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config => Folder.Config;

    /// <summary>In what the model's numbers are kept and met: what was asked for, and the defaults for the rest.</summary>
    public ModelMode Mode { get; }

    /// <summary>The weights.</summary>
    public TransformerWeights Weights { get; }

    /// <summary>What executes each operation.</summary>
    public IBackend Backend { get; }

    /// <summary>Text to ids and back; null when the folder has no tokenizer.</summary>
    public BpeTokenizer? Tokenizer { get; }

    /// <summary>The model's way to write a conversation; null when the folder has none.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Ids that end an answer.</summary>
    public ImmutableArray<int> StopIds { get; }

    /// <summary>How the model's makers want tokens drawn (<c>generation_config.json</c>); greedy where they say nothing.</summary>
    public SamplingOptions DefaultSampling => ModelDefaults.Sampling(Folder.GenerationDefaults);

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">A folder with <c>config.json</c> and safetensors weights.</param>
    /// <param name="options">How; whoever gives none gets the defaults.</param>
    /// <param name="cancellation">Stops loading.</param>
    /// <exception cref="ModelFormatException">The folder is not a model that can be run; the message says why.</exception>
    /// <exception cref="OutOfCapacityException">The machine does not have the memory.</exception>
    /// <exception cref="ArgumentException">The options do not go together; the message says why.</exception>
    public static LanguageModel Load(string folder, ModelOptions? options = null, CancellationToken cancellation = default)
    {
        options ??= new ModelOptions();
        ModelFolder model = ModelFolder.Open(folder);
        IBackend backend = options.Backend switch
        {
            BackendKind.Reference => new ReferenceBackend(),
            _ => new CpuBackend(options.Threads),
        };
        try
        {
            return new LanguageModel(model, backend, options, cancellation);
        }
        catch
        {
            backend.Dispose();
            throw;
        }
    }

    /// <summary>The ids of a plain text, after the begin-of-text token if the tokenizer puts one.</summary>
    /// <exception cref="InvalidOperationException">The folder has no tokenizer.</exception>
    public ImmutableArray<int> EncodeText(string text)
    {
        BpeTokenizer tokenizer = RequireTokenizer();
        int[] ids = tokenizer.Encode(text);
        return tokenizer.BosId is { } bos ? [bos, .. ids] : [.. ids];
    }

    /// <summary>The ids of a conversation, ready for the assistant's answer; messages can't contain control tokens.</summary>
    /// <param name="messages">The turns so far.</param>
    /// <exception cref="InvalidOperationException">The folder has no tokenizer or no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public ImmutableArray<int> EncodeChat(IEnumerable<ChatMessage> messages) =>
        EncodeChat(new ChatInput { Messages = JsonSerializer.SerializeToElement(messages, ChatMessageJson.Default.IEnumerableChatMessage) });

    /// <summary>The ids of a conversation with everything that a template may be given.</summary>
    /// <param name="input">Messages, tools and template variables; tokens of the model are filled in.</param>
    /// <exception cref="InvalidOperationException">The folder has no tokenizer or no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public ImmutableArray<int> EncodeChat(ChatInput input) => [.. RequireTokenizer().EncodePrompt(RenderChat(input))];

    /// <summary>A conversation as the model's template writes it.</summary>
    /// <param name="input">Messages, tools and template variables; tokens of the model are filled in.</param>
    /// <param name="clock">What a template that writes today's date asks.</param>
    /// <exception cref="InvalidOperationException">The folder has no tokenizer or no chat template.</exception>
    /// <exception cref="ChatTemplateException">The template refuses the conversation.</exception>
    public IReadOnlyList<PromptSegment> RenderChat(ChatInput input, TimeProvider? clock = null) =>
        ChatRenderer.Render(RequireTokenizer(), _tokenNames, (input.Tools is null ? Template : _toolTemplate)
            ?? throw new InvalidOperationException($"{Folder.Path}: {ToolTemplateNeeded}"), input, clock ?? TimeProvider.System);

    /// <summary>A request with this model's sampling and stop ids, to be varied with <c>with</c>.</summary>
    /// <param name="promptIds">The prompt.</param>
    /// <param name="maxTokens">Most tokens to generate; null for what is left of the context, at most 4,096.</param>
    public GenerationRequest Request(ImmutableArray<int> promptIds, int? maxTokens = null) => new()
    {
        PromptIds = promptIds,
        MaxTokens = maxTokens ?? Math.Clamp(Config.ContextLength - promptIds.Length, 0, 4096),
        Sampling = DefaultSampling,
        StopIds = StopIds,
    };

    /// <summary>An engine over this model.</summary>
    /// <param name="options">How much to take on at a time; whoever gives none gets the defaults.</param>
    public Engine CreateEngine(EngineOptions? options = null)
    {
        options ??= new EngineOptions();
        return new Engine(Config, Weights, Backend, options with { CacheType = options.CacheType ?? Mode.CacheType });
    }

    /// <summary>A scorer over this model: logits of given tokens.</summary>
    /// <param name="maxTokens">Most tokens of a text.</param>
    /// <param name="chunk">Tokens per forward pass; it changes speed and memory, and no bit of a result.</param>
    /// <exception cref="OutOfCapacityException">More tokens than the context has, or not enough memory.</exception>
    public Scorer CreateScorer(int maxTokens, int chunk = 256) => new(Config, Weights, Backend, maxTokens, chunk, Mode.CacheType);

    /// <summary>Answers one request, a piece of text at a time.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellation">Stops within one step.</param>
    /// <exception cref="OutOfCapacityException">Prompt and answer do not fit into the context.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<AnswerPiece> Stream(GenerationRequest request, CancellationToken cancellation = default) =>
        StreamAll([request], options: null, cancellation);

    /// <summary>Answers one request.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellation">Stops within one step.</param>
    /// <exception cref="OutOfCapacityException">Prompt and answer do not fit into the context.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Answer Generate(GenerationRequest request, CancellationToken cancellation = default) =>
        Answer.Collect(Stream(request, cancellation), count: 1)[0];

    /// <summary>Answers several requests in one batch, pieces as they come; each answer is the one it would be alone.</summary>
    /// <param name="requests">What is asked.</param>
    /// <param name="options">How much to take on at a time; null makes room for all requests.</param>
    /// <param name="cancellation">Stops within one step.</param>
    /// <exception cref="OutOfCapacityException">A prompt and its answer do not fit into the context.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<AnswerPiece> StreamAll(IReadOnlyList<GenerationRequest> requests, EngineOptions? options = null,
        CancellationToken cancellation = default)
    {
        using Engine engine = CreateEngine(options ?? ModelDefaults.RoomFor(requests, Config));
        foreach (AnswerPiece piece in AnswerLoop.Run(engine, Tokenizer, requests, cancellation))
            yield return piece;
    }

    /// <summary>Answers several requests in one batch.</summary>
    /// <param name="requests">What is asked.</param>
    /// <param name="options">How much to take on at a time; null makes room for all requests.</param>
    /// <param name="cancellation">Stops within one step.</param>
    /// <returns>One answer per request, in their order.</returns>
    /// <exception cref="OutOfCapacityException">A prompt and its answer do not fit into the context.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public ImmutableArray<Answer> GenerateAll(IReadOnlyList<GenerationRequest> requests, EngineOptions? options = null,
        CancellationToken cancellation = default) =>
        Answer.Collect(StreamAll(requests, options, cancellation), requests.Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        Backend.Dispose();
        Weights.Dispose();
    }

    private BpeTokenizer RequireTokenizer() => Tokenizer ?? throw new InvalidOperationException(
        $"{Folder.Path}: the folder holds no tokenizer.json or tokenizer.model, but one is needed to read or write text. Give the prompt as ids.");
}
