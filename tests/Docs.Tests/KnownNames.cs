using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Puna.Docs.Tests;

/// <summary>
/// The names that exist: types and members of our assemblies, private ones left out; public ones of the framework
/// and of the packages beside the tests; the names of projects and packages; and every word of the repository's files.
/// </summary>
public sealed partial class KnownNames
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.FlattenHierarchy;

    private readonly Dictionary<string, List<Type>> _types = [];
    private readonly HashSet<string> _namespaces = [];
    private readonly HashSet<string> _members = [];
    private readonly HashSet<string> _products = [];
    private readonly HashSet<string> _words = [];

    public KnownNames(RepositoryFiles files)
    {
        foreach (Assembly assembly in Assemblies())
            AddTypes(assembly);
        foreach (string file in files.Files.Where(f => f.EndsWith("proj", StringComparison.Ordinal)))
        {
            _products.Add(Path.GetFileNameWithoutExtension(file));
            XDocument project = XDocument.Load(Path.Combine(files.Root, file));
            _products.UnionWith(project.Descendants("PackageId").Select(e => e.Value));
        }

        XDocument packages = XDocument.Load(Path.Combine(files.Root, "Directory.Packages.props"));
        foreach (XElement package in packages.Descendants("PackageVersion"))
            AddNamespace(package.Attribute("Include")!.Value);
        foreach (string file in files.Files.Where(IsSource))
            _words.UnionWith(Word().Matches(File.ReadAllText(Path.Combine(files.Root, file))).Select(m => m.Value));
    }

    /// <summary>The types with this simple name, ours and others.</summary>
    public IReadOnlyList<Type> Types(string name) => _types.GetValueOrDefault(name) ?? [];

    /// <summary>Whether this is a namespace or the beginning of one, or a package.</summary>
    public bool IsNamespace(string name) => _namespaces.Contains(name);

    /// <summary>Whether this is the name of a project or of a package of ours.</summary>
    public bool IsProduct(string name) => _products.Contains(name);

    /// <summary>Whether any type has a member of this name.</summary>
    public bool IsMember(string name) => _members.Contains(name);

    /// <summary>Whether the word, or the <c>--flag</c>, stands in a file that is not Markdown.</summary>
    public bool IsWord(string word) => _words.Contains(word);

    /// <summary>Whether a type has a member or a nested type of this name, private ones left out.</summary>
    public static bool HasMember(Type type, string name) =>
        MembersOf(type).Any(m => m == name) || type.GetInterfaces().Any(i => MembersOf(i).Contains(name));

    private static IEnumerable<string> MembersOf(Type type) =>
        type.GetMembers(All).Where(m => !IsPrivate(m) && !IsGenerated(m)).Select(m => m.Name);

    private static bool IsGenerated(MemberInfo member) => member.IsDefined(typeof(CompilerGeneratedAttribute), false);

    private static bool IsPrivate(MemberInfo member) => member switch
    {
        MethodBase m => m.IsPrivate,
        FieldInfo f => f.IsPrivate,
        PropertyInfo p => p.GetAccessors(nonPublic: true).All(a => a.IsPrivate),
        Type t => t.IsNestedPrivate,
        _ => false,
    };

    // the framework's and all that lie beside the tests
    private static IEnumerable<Assembly> Assemblies() =>
        ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Select(path => Assembly.Load(Path.GetFileNameWithoutExtension(path)));

    private void AddTypes(Assembly assembly)
    {
        string name = assembly.GetName().Name!;
        // the rules' own tests are no subject of the documents
        bool isOurs = assembly != typeof(KnownNames).Assembly
            && (name == "puna" || name.StartsWith("Puna.", StringComparison.Ordinal));
        foreach (Type type in isOurs ? assembly.GetTypes() : assembly.GetExportedTypes())
        {
            if (type.IsNestedPrivate || IsGenerated(type))
                continue;
            string simple = type.Name.Split('`')[0];
            if (!_types.TryGetValue(simple, out List<Type>? same))
                _types[simple] = same = [];
            same.Add(type);
            AddNamespace(type.Namespace ?? "");
            if (isOurs)
                _members.UnionWith(MembersOf(type));
        }
    }

    private void AddNamespace(string name)
    {
        for (; name.Length > 0; name = name[..Math.Max(0, name.LastIndexOf('.'))])
            _namespaces.Add(name);
    }

    private static bool IsSource(string file) =>
        !file.EndsWith(".md", StringComparison.Ordinal)
        && !file.EndsWith(".safetensors", StringComparison.Ordinal)
        && !file.StartsWith("tests/Docs.Tests/", StringComparison.Ordinal);

    [GeneratedRegex(@"--[a-z][a-z0-9-]+|[\p{L}_][\p{L}\p{N}_]*")]
    private static partial Regex Word();
}
