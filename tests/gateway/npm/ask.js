// Asks a device by a library that nobody here wrote: `node ask.js LIBRARY HOST PORT STEPS`, STEPS a JSON list of
// ["read" or "write", what, value]. Prints a JSON list: {"value": ...} or {"error": ...} as the library tells it, one a step.
const [library, host, port, steps] = process.argv.slice(2);
console.log = console.error; // the libraries tell people things too

const within = (promise, milliseconds = 15000) =>
  Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("no answer")), milliseconds).unref())]);

const libraries = {
  async nodes7() {
    const connection = new (require("nodes7"))({silent: true});
    await within(new Promise((resolve, reject) =>
      connection.initiateConnection({host, port: Number(port), rack: 0, slot: 2, timeout: 4000}, error => error ? reject(new Error(String(error))) : resolve())));
    return {
      read: what => new Promise((resolve, reject) => {
        connection.removeItems();
        connection.addItems(what);
        connection.readAllItems((bad, values) => bad ? reject(new Error(`bad quality: ${values[what]}`)) : resolve(values[what]));
      }),
      write: (what, value) => new Promise((resolve, reject) => {
        if (connection.writeItems(what, value, bad => bad ? reject(new Error("bad quality")) : resolve(true)) !== 0) reject(new Error("busy"));
      }),
    };
  },
  async "modbus-serial"() {
    const client = new (require("modbus-serial"))();
    await client.connectTCP(host, {port: Number(port)});
    client.setID(1);
    client.setTimeout(5000);
    return {
      read: async what => (await client.readHoldingRegisters(what, 1)).data[0],
      write: async (what, value) => (await client.writeRegister(what, value)).value,
    };
  },
  async jsmodbus() {
    const socket = new (require("net").Socket)();
    const client = new (require("jsmodbus").client.TCP)(socket, 1, 5000);
    await within(new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject).connect({host, port: Number(port)})));
    const told = error => { throw new Error(error.response ? `exception ${error.response.body.code}` : `${error.err}`); };
    return {
      read: what => client.readHoldingRegisters(what, 1).then(answer => answer.response.body.values[0], told),
      write: (what, value) => client.writeSingleRegister(what, value).then(answer => answer.response.body.value, told),
    };
  },
  async "ethernet-ip"() {
    const {Controller, Tag} = require("ethernet-ip");
    return cip(new Controller(), Tag);
  },
  async "st-ethernet-ip"() {
    const {Controller, Tag} = require("st-ethernet-ip");
    return cip(new Controller(true), Tag, [false]); // connected messaging, without the list of all tags
  },
};

// cip: both libraries stem from one, and speak only to the usual port.
async function cip(controller, Tag, more = []) {
  await within(controller.connect(host, 0, ...more));
  const told = error => { throw new Error(error.message || `status ${error.generalStatusCode}`); };
  return {
    read: async what => {
      const tag = new Tag(what);
      await controller.readTag(tag).catch(told);
      return tag.value;
    },
    write: async (what, value) => {
      const tag = new Tag(what, null, 0xc4);
      tag.value = value; // one of the two looks at it, the other at the argument
      await controller.writeTag(tag, value).catch(told);
      return true;
    },
  };
}

async function main() {
  const told = [];
  const device = await libraries[library]();
  for (const [action, what, value] of JSON.parse(steps)) {
    try {
      told.push({value: await within(device[action](what, value))});
    } catch (error) {
      told.push({error: String(error.message || error)});
    }
  }
  process.stdout.write(JSON.stringify(told) + "\n", () => process.exit(0));
}

process.on("uncaughtException", error => { console.error(error); process.exit(1); });
main().catch(error => { console.error(error); process.exit(1); });
