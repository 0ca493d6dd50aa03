import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useState, type FormEvent } from "react";
import { entries } from "../api/pages";
import { fieldErrors } from "../api/problem";
import type { GoldenImage } from "../api/types";
import { Button } from "../layout/Button";
import { TextField } from "../layout/Field";
import { Modal, ModalActions, ModalBody } from "../layout/Modal";
import { Refusal } from "../limits/Refusal";
import { KeyPicker } from "../machines/launch/KeyPicker";
import { suggestName } from "../machines/launch/suggestName";
import { machinesQuery, useLaunch } from "../machines/queries";
import { FirstBoot } from "./FirstBoot";
import { reference } from "./words";

/** A machine from a golden image. All but its name is the golden image's. */
export function LaunchGolden({ image, onClose }: { image: GoldenImage; onClose: () => void }) {
  const launch = useLaunch();
  const navigate = useNavigate();
  const machines = useInfiniteQuery(machinesQuery());
  const [name, setName] = useState(() => suggestName(image.name, new Set(entries(machines.data).map((machine) => machine.name))));
  const [chosen, setChosen] = useState<string[]>([]);
  const [firstBoot, setFirstBoot] = useState("");
  const errors = fieldErrors(launch.error);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    try {
      const operation = await launch.mutateAsync({ goldenImage: reference(image), ...(name.trim() ? { name: name.trim() } : {}), ...(chosen.length > 0 ? { keys: chosen } : {}), ...(firstBoot.trim() ? { firstBoot } : {}) });
      onClose();
      await navigate({ to: "/machines/$name", params: { name: operation.subjectName } });
    } catch {
      // Shown in the form.
    }
  };
  return (
    <Modal open onClose={onClose} title={`Launch from ${reference(image)}`} description={image.kind === "warm" ? `It goes on from where ${image.machine} stood, on ${image.host}.` : `It boots from copies of ${image.machine}'s disks, on ${image.host}.`} width="sm">
      <form onSubmit={(event) => void submit(event)} noValidate className="flex min-h-0 flex-1 flex-col">
        <ModalBody>
          {launch.error && !errors.name && !errors.keys && !errors.firstBoot && <Refusal error={launch.error} />}
          <TextField label="Name" autoFocus autoCapitalize="none" errors={errors.name} value={name} onChange={(event) => setName(event.target.value)} placeholder="made up when empty" />
          <KeyPicker value={chosen} errors={errors.keys} none={`Without any, ${image.machine}'s own keys stay.`} onChange={setChosen} />
          <FirstBoot value={firstBoot} errors={errors.firstBoot} onChange={setFirstBoot} />
        </ModalBody>
        <ModalActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon={<Rocket className="size-4" />} busy={launch.isPending}>
            Launch
          </Button>
        </ModalActions>
      </form>
    </Modal>
  );
}
