/**
 * From a control-flow graph to structured control flow (blocks and loops), after N. Ramsey, "Beyond Relooper: recursive
 * translation of unstructured control flow to structured control flow" (ICFP 2022). The graph's root is a dispatcher with an
 * edge to every entry; an edge that cannot be expressed (into a loop that it does not go round by its header) goes through
 * the dispatcher as well.
 */

export interface Graph {
  /** Node numbers are indexes; node 0 is the dispatcher. */
  successors: number[][];
  /** Nodes that the dispatcher can go to. */
  entries: Set<number>;
}

export interface Structure {
  /** Reverse postorder number of each node, -1 if unreachable. */
  order: Int32Array;
  /** Nodes that each node immediately dominates. */
  children: number[][];
  loopHeaders: Set<number>;
  /** Nodes that are jumped to from more than one place: they need a label. */
  mergeNodes: Set<number>;
  /** Edges "from,to" that must go through the dispatcher. */
  dispatched: Set<string>;
}

export const edgeKey = (from: number, to: number): string => `${from},${to}`;

/** Analyses a graph; may add nodes to `graph.entries`. */
export function structure(graph: Graph): Structure {
  const dispatched = new Set<string>();
  for (;;) {
    const edges = graph.successors.map((list, from) => list.filter((to) => !dispatched.has(edgeKey(from, to))));
    edges[0] = [...graph.entries];
    const order = reversePostorder(edges);
    const dominator = dominators(edges, order);
    const dominates = (a: number, b: number): boolean => {
      let at = b;
      while (at !== a && at !== 0) at = dominator[at];
      return at === a;
    };
    const loopHeaders = new Set<number>();
    let changed = false;
    const incoming = new Int32Array(edges.length);
    edges.forEach((list, from) => {
      if (order[from] < 0) return;
      for (const to of list) {
        if (order[to] > order[from]) {
          incoming[to]++;
          continue;
        }
        if (dominates(to, from)) loopHeaders.add(to);
        else {
          dispatched.add(edgeKey(from, to));
          graph.entries.add(to);
          changed = true;
        }
      }
    });
    if (changed) continue;
    const mergeNodes = new Set<number>(graph.entries);
    incoming.forEach((count, node) => {
      if (count > 1) mergeNodes.add(node);
    });
    const children: number[][] = edges.map(() => []);
    for (let node = 1; node < edges.length; node++) if (order[node] >= 0) children[dominator[node]].push(node);
    return { order, children, loopHeaders, mergeNodes, dispatched };
  }
}

function reversePostorder(edges: number[][]): Int32Array {
  const order = new Int32Array(edges.length).fill(-1);
  const visited = new Uint8Array(edges.length);
  const finished: number[] = [];
  const stack: { node: number; next: number }[] = [{ node: 0, next: 0 }];
  visited[0] = 1;
  while (stack.length > 0) {
    const top = stack[stack.length - 1];
    const to = edges[top.node][top.next++];
    if (to === undefined) {
      finished.push(top.node);
      stack.pop();
    } else if (visited[to] === 0) {
      visited[to] = 1;
      stack.push({ node: to, next: 0 });
    }
  }
  finished.reverse().forEach((node, i) => {
    order[node] = i;
  });
  return order;
}

/** Immediate dominators (Cooper, Harvey, Kennedy: "A simple, fast dominance algorithm"). */
function dominators(edges: number[][], order: Int32Array): Int32Array {
  const predecessors: number[][] = edges.map(() => []);
  edges.forEach((list, from) => {
    if (order[from] >= 0) for (const to of list) predecessors[to].push(from);
  });
  const nodes = [...edges.keys()].filter((node) => order[node] > 0).sort((a, b) => order[a] - order[b]);
  const idom = new Int32Array(edges.length).fill(-1);
  idom[0] = 0;
  const intersect = (a: number, b: number): number => {
    let [x, y] = [a, b];
    while (x !== y) {
      while (order[x] > order[y]) x = idom[x];
      while (order[y] > order[x]) y = idom[y];
    }
    return x;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const node of nodes) {
      let best = -1;
      for (const from of predecessors[node]) {
        if (idom[from] < 0) continue;
        best = best < 0 ? from : intersect(from, best);
      }
      if (best !== idom[node]) {
        idom[node] = best;
        changed = true;
      }
    }
  }
  return idom;
}
