using System.Reflection;
using System.Runtime.CompilerServices;

namespace Puna.TestKit;

/// <summary>
/// What an assembly offers, as text: its public types in order of their names, below each a line per public or
/// protected member. What the compiler makes of a record by itself is left out.
/// </summary>
public static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
        | BindingFlags.DeclaredOnly;

    /// <summary>The text for an assembly.</summary>
    public static string Of(Assembly assembly) =>
        string.Join("\n\n",
            assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal).Select(Describe));

    private static string Describe(Type type)
    {
        IEnumerable<string> members = type switch
        {
            { IsEnum: true } => type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .OrderBy(f => Convert.ToInt64(f.GetRawConstantValue()))
                .Select(f => $"{f.Name} = {Convert.ToInt64(f.GetRawConstantValue())}"),
            _ when typeof(Delegate).IsAssignableFrom(type) => [SurfaceNames.Method(type.GetMethod("Invoke")!)],
            _ => type.GetMembers(Declared).Where(IsOffered).Select(Describe).Order(StringComparer.Ordinal),
        };
        return string.Concat(Header(type), string.Concat(members.Select(m => "\n  " + m)));
    }

    private static string Header(Type type)
    {
        IEnumerable<string> bases = type.GetInterfaces()
            .Where(i => !IsImplied(type, i))
            .Select(i => SurfaceNames.Of(i))
            .Order(StringComparer.Ordinal);
        if (type.IsClass && type.BaseType is { } parent
            && parent != typeof(object) && parent != typeof(MulticastDelegate))
            bases = bases.Prepend(SurfaceNames.Of(parent));
        string list = string.Join(", ", type.IsEnum ? [SurfaceNames.Of(Enum.GetUnderlyingType(type))] : bases);
        string name = $"{Kind(type)} {type.Namespace}.{SurfaceNames.Of(type)}";
        return (list.Length == 0 ? name : $"{name} : {list}") + SurfaceNames.Constraints(type.GetGenericArguments());
    }

    private static string Kind(Type type)
    {
        bool isRecord = type.GetMethod("PrintMembers", Declared)?.IsDefined(typeof(CompilerGeneratedAttribute)) == true;
        string record = isRecord ? "record " : "";
        return type switch
        {
            { IsEnum: true } => type.IsDefined(typeof(FlagsAttribute)) ? "flags enum" : "enum",
            { IsInterface: true } => "interface",
            { IsValueType: true } => (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "")
                + (type.IsByRefLike ? "ref " : "") + record + "struct",
            _ when typeof(Delegate).IsAssignableFrom(type) => "delegate",
            { IsAbstract: true } => (type.IsSealed ? "static " : "abstract ") + (isRecord ? "record" : "class"),
            _ => (type.IsSealed ? "sealed " : "") + (isRecord ? "record" : "class"),
        };
    }

    // an interface that another one or the base brings along, and a record's equality
    private static bool IsImplied(Type type, Type candidate) =>
        type.BaseType?.GetInterfaces().Contains(candidate) == true
        || type.GetInterfaces().Any(i => i != candidate && i.GetInterfaces().Contains(candidate))
        || candidate == typeof(IEquatable<>).MakeGenericType(type);

    private static bool IsOffered(MemberInfo member) => member switch
    {
        _ when member.IsDefined(typeof(CompilerGeneratedAttribute)) => false,
        MethodBase { IsSpecialName: true } m => IsVisible(m) && (m.IsConstructor || IsOperator(m)),
        MethodBase m => IsVisible(m) && m.Name != "Finalize",
        FieldInfo f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly,
        PropertyInfo p => p.GetAccessors(nonPublic: true).Any(IsVisible),
        EventInfo e => IsVisible(e.AddMethod!),
        _ => false,
    };

    private static bool IsOperator(MethodBase method) => method.Name.StartsWith("op_", StringComparison.Ordinal);

    private static bool IsVisible(MethodBase? method) =>
        method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    private static string Describe(MemberInfo member) => member switch
    {
        ConstructorInfo c => $"new({SurfaceNames.Parameters(c)})",
        MethodInfo m => Modifiers(m) + SurfaceNames.Method(m),
        PropertyInfo p => DescribeProperty(p),
        EventInfo e => $"event {SurfaceNames.Of(e.EventHandlerType!)} {e.Name}",
        FieldInfo { IsLiteral: true } f => $"const {SurfaceNames.Of(f)} {f.Name} = {f.GetRawConstantValue()}",
        FieldInfo f =>
            $"{(f.IsStatic ? "static " : "")}{(f.IsInitOnly ? "readonly " : "")}{SurfaceNames.Of(f)} {f.Name}",
        _ => throw new NotSupportedException(member.ToString()),
    };

    private static string DescribeProperty(PropertyInfo property)
    {
        MethodInfo accessor = property.GetAccessors(nonPublic: true).First(IsVisible);
        string name = property.GetIndexParameters().Length == 0
            ? property.Name
            : $"this[{string.Join(", ", property.GetIndexParameters().Select(SurfaceNames.Of))}]";
        Type[] setter = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers() ?? [];
        bool isInit = setter.Contains(typeof(IsExternalInit));
        string get = IsVisible(property.GetMethod) ? "get; " : "";
        string set = !IsVisible(property.SetMethod) ? "" : isInit ? "init; " : "set; ";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{required}{Modifiers(accessor)}{SurfaceNames.Of(property)} {name} {{ {get}{set}}}";
    }

    private static string Modifiers(MethodInfo method)
    {
        string access = method.IsPublic ? "" : "protected ";
        if (method.IsStatic)
            return access + (method.IsAbstract ? "static abstract " : "static ");
        if (method.DeclaringType!.IsInterface)
            return method.IsAbstract ? access : access + "virtual ";
        bool isOverride = method.GetBaseDefinition().DeclaringType != method.DeclaringType;
        if (isOverride || method.IsAbstract)
            return access + (isOverride ? "override " : "abstract ");
        return access + (method.IsVirtual && !method.IsFinal ? "virtual " : "");
    }
}
