using System.Reflection;
using System.Runtime.CompilerServices;

namespace Puna.TestKit;

/// <summary>Types and parameters as C# spells them, with their nullability.</summary>
internal static class SurfaceNames
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(char)] = "char",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
    };

    public static string Of(Type type) => Of(type, null);

    public static string Of(FieldInfo field) => Of(field.FieldType, new NullabilityInfoContext().Create(field));

    public static string Of(PropertyInfo property) =>
        Reference(property.GetMethod?.ReturnParameter)
        + Of(property.PropertyType, new NullabilityInfoContext().Create(property));

    public static string Method(MethodInfo method)
    {
        string returned = Of(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter));
        Type[] arguments = method.GetGenericArguments();
        string list = arguments.Length == 0 ? "" : $"<{string.Join(", ", arguments.Select(a => a.Name))}>";
        string result = Reference(method.ReturnParameter) + returned;
        return $"{result} {method.Name}{list}({Parameters(method)}){Constraints(arguments)}";
    }

    public static string Parameters(MethodBase method)
    {
        string @this = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        return @this + string.Join(", ", method.GetParameters().Select(Of));
    }

    public static string Of(ParameterInfo parameter)
    {
        string kind = parameter switch
        {
            { IsOut: true } => "out ",
            { IsIn: true, ParameterType.IsByRef: true } => "in ",
            { ParameterType.IsByRef: true } => "ref ",
            _ when parameter.IsDefined(typeof(ParamArrayAttribute)) => "params ",
            _ when parameter.IsDefined(typeof(ParamCollectionAttribute)) => "params ",
            _ => "",
        };
        string type = Of(parameter.ParameterType, new NullabilityInfoContext().Create(parameter));
        return $"{kind}{type} {parameter.Name}{Default(parameter)}";
    }

    /// <summary>The <c>where</c> clauses of type parameters, each with a space before it.</summary>
    public static string Constraints(Type[] arguments) =>
        string.Concat(arguments.Where(a => a.IsGenericParameter).Select(Constraint));

    private static string Constraint(Type parameter)
    {
        GenericParameterAttributes flags = parameter.GenericParameterAttributes;
        bool isUnmanaged = parameter.CustomAttributes.Any(c => c.AttributeType.Name == "IsUnmanagedAttribute");
        bool isStruct = flags.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        IEnumerable<Type> types = parameter.GetGenericParameterConstraints().Where(t => t != typeof(ValueType));
        List<string> parts = [.. types.Select(Of).Order(StringComparer.Ordinal)];
        if (flags.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            parts.Insert(0, "class");
        if (isStruct)
            parts.Insert(0, isUnmanaged ? "unmanaged" : "struct");
        if (flags.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
            parts.Add("new()");
        return parts.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", parts)}";
    }

    private static string Of(Type type, NullabilityInfo? nullability)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!, nullability?.ElementType ?? nullability);
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying) + "?";
        string mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsPointer)
            return Of(type.GetElementType()!) + "*";
        if (type.IsArray)
        {
            string element = Of(type.GetElementType()!, nullability?.ElementType);
            return $"{element}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        }

        return Plain(type, nullability) + mark;
    }

    private static string Plain(Type type, NullabilityInfo? nullability)
    {
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        string name = type.Name.Split('`')[0];
        if (type.DeclaringType is { } outer)
            name = $"{Plain(outer, null)}.{name}";
        Type[] arguments = type.GetGenericArguments();
        NullabilityInfo[] infos = nullability?.GenericTypeArguments ?? [];
        IEnumerable<string> names = arguments.Select((a, i) => Of(a, i < infos.Length ? infos[i] : null));
        return arguments.Length == 0 ? name : $"{name}<{string.Join(", ", names)}>";
    }

    private static string Reference(ParameterInfo? returned) =>
        returned?.ParameterType.IsByRef != true ? ""
        : returned.IsDefined(typeof(IsReadOnlyAttribute)) ? "ref readonly " : "ref ";

    private static string Default(ParameterInfo parameter) => parameter.DefaultValue switch
    {
        _ when !parameter.HasDefaultValue => "",
        null => " = default",
        string text => $" = \"{text}\"",
        bool value => value ? " = true" : " = false",
        IFormattable value => $" = {value.ToString(null, System.Globalization.CultureInfo.InvariantCulture)}",
        object value => $" = {value}",
    };
}
