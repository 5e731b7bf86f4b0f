using Puna.Kernels.Gpu;

namespace Puna.Kernels.Tests.Gpu;

/// <summary>What holds for every GPU: recordings.</summary>
public class GpuContractGraphTests
{
    public static TheoryData<string> Gpus => ContractGpu.Names;

    [Theory, MemberData(nameof(Gpus))]
    public void What_is_recorded_runs_when_the_graph_is_launched_and_as_often(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add), multiply = under.Gpu.Load(ContractKernels.Multiply);
        using DeviceBuffer y = under.Numbers(1, 2);

        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        under.Gpu.Launch(multiply, 1, ContractKernels.Arguments(y, 2), stream);
        using GpuGraph graph = under.Gpu.EndCapture(stream);

        Assert.Equal([1, 2], under.Read(y));
        under.Gpu.Launch(graph, stream);
        under.Gpu.Launch(graph, stream);
        Assert.Equal([10, 14], under.Read(y));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void An_update_with_other_arguments_takes_the_place_of_what_was_recorded(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(1, 2), other = under.Numbers(5, 6);
        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        using GpuGraph graph = under.Gpu.EndCapture(stream);

        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 2, ContractKernels.Arguments(other, 10), stream);
        bool isUpdated = under.Gpu.Update(graph, stream);
        under.Gpu.Launch(graph, stream);

        Assert.True(isUpdated);
        Assert.Equal([1, 2], under.Read(y));
        Assert.Equal([15, 16], under.Read(other));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void An_update_of_another_shape_changes_nothing(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(1, 2);
        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        using GpuGraph graph = under.Gpu.EndCapture(stream);

        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 5), stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 5), stream);
        bool isUpdated = under.Gpu.Update(graph, stream);
        under.Gpu.Launch(graph, stream);

        Assert.False(isUpdated);
        Assert.Equal([2, 3], under.Read(y));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Copies_and_other_streams_go_on_while_one_stream_records(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream recording = under.Gpu.CreateStream(), other = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(1, 2);

        under.Gpu.BeginCapture(recording);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), recording);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 10), other);
        int[] meanwhile = under.Read(y);
        using GpuGraph graph = under.Gpu.EndCapture(recording);
        under.Gpu.Launch(graph, recording);

        Assert.Equal([11, 12], meanwhile);
        Assert.Equal([12, 13], under.Read(y));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void Misplaced_calls_around_a_recording_are_refused_and_do_not_spoil_it(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuStream stream = under.Gpu.CreateStream();
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(1);

        Assert.Throws<InvalidOperationException>(() => under.Gpu.EndCapture(stream));
        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        Assert.Throws<InvalidOperationException>(() => under.Gpu.BeginCapture(stream));
        Assert.Throws<InvalidOperationException>(() => under.Gpu.Synchronize(stream));
        using GpuGraph graph = under.Gpu.EndCapture(stream);
        Assert.Throws<InvalidOperationException>(() => under.Gpu.Update(graph, stream));
        under.Gpu.Launch(graph, stream);

        Assert.Equal([2], under.Read(y));
    }

    [Theory, MemberData(nameof(Gpus))]
    public void A_stream_may_be_returned_while_it_records(string name)
    {
        using ContractGpu under = ContractGpu.Open(name);
        using GpuFunction add = under.Gpu.Load(ContractKernels.Add);
        using DeviceBuffer y = under.Numbers(1);
        GpuStream stream = under.Gpu.CreateStream();

        under.Gpu.BeginCapture(stream);
        under.Gpu.Launch(add, 1, ContractKernels.Arguments(y, 1), stream);
        stream.Dispose();

        Assert.Equal([1], under.Read(y));
    }
}
