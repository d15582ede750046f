// `roundrobin`: turns by weight, which may change while HAProxy runs.
// Source: HAProxy 2.6.0, src/lb_fwrr.c; unchanged up to 3.1. From 3.2 on each group of threads takes turns of its own, which is not
// modelled.
import { fullness, hasRoom, userWeightMax, weightMax, weightScale, type Farm, type Server } from './farm.ts';
import { createOrder, type Order } from './order.ts';
import { ignore, justFailed, passedOver, took, tookFirstBackup, type Method } from './session.ts';

/** The turns of the active servers, or of the backups. */
interface Turns {
  readonly current: Order;
  /** Servers that have not been reached in this window, heavier ones first, and those that wait for the next one. */
  fresh: Order;
  next: Order;
  position: number;
  windowWeight: number;
  nextWeight: number;
}

export function createRoundRobin(farm: Farm): Method {
  const count = farm.servers.length;
  const { servers } = farm;
  /** Which order each server is in; `null`: none. */
  const orders = new Array<Order | null>(count).fill(null);
  const nextPosition = new Float64Array(count);
  const lastPosition = new Float64Array(count);
  const remainder = new Float64Array(count);
  const newTurns = (backup: boolean): Turns => {
    const weight = servers.reduce(
      (sum, server) => (server.usable && server.options.backup === backup ? sum + server.weight : sum),
      0,
    );
    const [current, fresh, next] = [createOrder(count), createOrder(count), createOrder(count)];
    return { current, fresh, next, position: weight, windowWeight: weight, nextWeight: weight };
  };
  const active = newTurns(false);
  const backup = newTurns(true);
  const turnsOf = (server: Server): Turns => (server.options.backup ? backup : active);

  const put = (server: Server, order: Order, key: number): void => {
    order.insert(server.index, key);
    orders[server.index] = order;
  };
  const takeOut = (server: Server): void => orders[server.index]?.remove(server.index);
  const putByWeight = (server: Server, order: Order): void => put(server, order, weightMax - server.weight);
  const requeue = (turns: Turns, server: Server): void => {
    const { index, weight } = server;
    const position = nextPosition[index]!;
    if (position >= 2 * turns.windowWeight || position >= turns.windowWeight + turns.nextWeight) {
      nextPosition[index]! -= turns.windowWeight;
      putByWeight(server, turns.next);
    } else {
      const behind = Math.floor((weightMax + remainder[index]! - weight) / weightScale);
      put(server, turns.current, userWeightMax * position + behind);
    }
  };
  const restart = ({ index }: Server): void => {
    nextPosition[index] = 0;
    remainder[index] = 0;
  };
  for (const server of servers) if (server.usable) putByWeight(server, turnsOf(server).fresh);

  /** The server whose turn it is; `null`: this window has no more of them. */
  const ahead = (turns: Turns): Server | null => {
    const first = turns.current.members[0];
    if (first !== undefined && nextPosition[first]! <= turns.position) return servers[first]!;
    const fresh = turns.fresh.members[0];
    if (fresh !== undefined) {
      restart(servers[fresh]!);
      return servers[fresh]!;
    }
    return first === undefined ? null : servers[first]!;
  };
  const nextWindow = (turns: Turns): void => {
    const { fresh } = turns;
    turns.fresh = turns.next;
    turns.next = fresh;
    turns.windowWeight = turns.nextWeight;
    turns.position = turns.windowWeight;
  };
  const advance = (turns: Turns, { index, weight }: Server): void => {
    if (nextPosition[index] === 0) nextPosition[index] = turns.position;
    lastPosition[index] = nextPosition[index]!;
    nextPosition[index]! += Math.floor(turns.nextWeight / weight);
    remainder[index]! += turns.nextWeight % weight;
    if (remainder[index]! >= weight) {
      remainder[index]! -= weight;
      nextPosition[index]! += 1;
    }
  };

  return {
    added(server) {
      const turns = turnsOf(server);
      const { index, weight } = server;
      turns.nextWeight += weight;
      // Unsigned, as HAProxy has it: behind the end of both windows it is far ahead, and waits for the next one.
      const span = (turns.nextWeight + turns.windowWeight - turns.position) >>> 0;
      nextPosition[index] = (turns.position + Math.floor(span / weight)) >>> 0;
      requeue(turns, server);
    },
    removed(server, weight) {
      turnsOf(server).nextWeight -= weight;
      takeOut(server);
      orders[server.index] = null;
    },
    reweighted(server, before) {
      const turns = turnsOf(server);
      const { index, weight } = server;
      turns.nextWeight += weight - before;
      const order = orders[index];
      takeOut(server);
      if (order === turns.fresh) {
        putByWeight(server, turns.fresh);
        return;
      }
      if (order === turns.next) nextPosition[index]! += turns.windowWeight;
      const step = Math.floor(turns.nextWeight / weight);
      remainder[index] = 0;
      nextPosition[index] = Math.min(lastPosition[index]! + step, nextPosition[index]!);
      if (nextPosition[index] < turns.position + 2) nextPosition[index] = turns.position + step;
      requeue(turns, server);
    },
    moved: ignore,
    choose(session, avoid) {
      if (farm.activeCount === 0 && farm.firstBackup !== null) {
        tookFirstBackup(session, farm.firstBackup);
        return farm.firstBackup;
      }
      const turns = farm.activeCount > 0 ? active : backup;
      /** Full ones, and the avoided one, are put back when the choice is made; the last one first. */
      const aside: Server[] = [];
      let avoided: Server | null = null;
      let chosen: Server | null = null;
      let switched = false;
      while (true) {
        if (turns.windowWeight === 0) {
          turns.windowWeight = turns.nextWeight;
          turns.position = turns.nextWeight;
        }
        let server = ahead(turns);
        if (server === null && !switched) {
          switched = true;
          nextWindow(turns);
          server = ahead(turns);
        }
        if (server === null) {
          chosen = avoided;
          break;
        }
        advance(turns, server);
        takeOut(server);
        turns.position += 1;
        if (hasRoom(farm, server)) {
          if (server !== avoid || avoided !== null) {
            chosen = server;
            break;
          }
          avoided = server;
          passedOver(session, null, server, justFailed);
        } else {
          const full = server;
          passedOver(session, null, server, () => fullness(farm, full));
        }
        aside.push(server);
      }
      if (chosen !== null) {
        took(session, null, chosen);
        requeue(turns, chosen);
      }
      for (const server of aside.reverse()) {
        if (server === chosen) continue;
        if (switched) putByWeight(server, turns.fresh);
        else requeue(turns, server);
      }
      return chosen;
    },
  };
}
