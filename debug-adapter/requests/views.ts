import type { ExitRecord } from '../../hypervisor/exit-record';
import type { Guest } from '../guest';
import { hex } from '../inspect/addresses';
import { registerGroups } from '../inspect/register-groups';
import { vmcsGroups } from '../inspect/vmcs';
import type {
  ExitsArguments,
  ExitsResponse,
  ExitView,
  RegistersResponse,
  StatusResponse,
  VmcsResponse,
} from '../protocol';

const PAGE = { usual: 100, most: 1000 };

/** `ringside/vmcs` */
export function vmcsResponse(guest: Guest, cpu: number): VmcsResponse {
  const fields = guest.target.vmcs(cpu);
  if (fields) return { groups: vmcsGroups(fields, guest.before(cpu)?.vmcs) };
  const { method } = guest.target;
  const reason =
    method === 'none' ? 'On bare metal there is no hypervisor, hence no VMCS.' : `There is no VMCS under ${method}.`;
  return { reason };
}

function exitView(exit: ExitRecord, guest: Guest): ExitView {
  const where = guest.name(exit.rip);
  return {
    serial: exit.serial,
    instructions: exit.instructions,
    threadId: exit.cpu + 1,
    method: exit.method,
    reason: exit.reason,
    reasonCode: exit.reasonCode,
    qualification: hex(exit.qualification),
    qualificationText: exit.qualificationText,
    rip: hex(exit.rip),
    ...(where && { where }),
    instruction: exit.instruction,
    ...(exit.guestLinear !== undefined && { guestLinear: hex(exit.guestLinear) }),
    ...(exit.guestPhysical !== undefined && { guestPhysical: hex(exit.guestPhysical) }),
    cause: exit.cause,
    action: exit.action,
    cost: exit.cost,
  };
}

/** `ringside/exits` */
export function exitsResponse(guest: Guest, args: ExitsArguments): ExitsResponse {
  const { exits, exitTotal: total, cost } = guest.target;
  const start = args.start ?? 0;
  // only the most recent ones are kept
  const kept = exits[0]?.serial ?? total;
  const first = Math.max(0, (start < 0 ? total + start : start) - kept);
  const count = Math.min(Math.max(args.count ?? PAGE.usual, 0), PAGE.most);
  return {
    total,
    counts: guest.target.exitCounts(),
    cost,
    exits: exits.slice(first, first + count).map((exit) => exitView(exit, guest)),
  };
}

/** `ringside/registers` */
export function registersResponse(guest: Guest, cpu: number): RegistersResponse {
  const registers = guest.registers(cpu);
  return {
    mode: registers.mode,
    cpl: registers.cpl,
    groups: registerGroups(registers, guest.before(cpu)?.registers),
  };
}

/** `ringside/status` */
export function statusResponse(guest: Guest, state: StatusResponse['state']): StatusResponse {
  const { target, controller, program } = guest;
  const { mode, halted } = guest.registers(0);
  return {
    program: program.launch.name,
    virtualization: target.method,
    cpus: target.cpus,
    memory: target.memorySize,
    state,
    instructions: target.instructions,
    exits: target.exitTotal,
    cost: target.cost,
    mode,
    halted,
    historyStart: controller.timeline.start,
    snapshots: controller.timeline.snapshots.count,
    statistics: target.statistics(),
  };
}
