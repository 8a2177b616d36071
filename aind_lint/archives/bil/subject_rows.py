"""The rows of contributors, funders, dataset and specimen of a BIL sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from aind_lint.archives.bil.sidecar_values import (
    name_of,
    read_date,
    registry_of,
    sidecar_data,
    text,
    unique,
)
from aind_lint.asset.asset import Asset
from aind_lint.sidecar.json_access import member, objects

_LICENSES = {
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0 International",
        "https://creativecommons.org/licenses/by/4.0/",
        "CC-BY-4.0",
    ),
    "CC0-1.0": (
        "Creative Commons Zero v1.0 Universal",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "CC0-1.0",
    ),
}
#: Techniques of BIL by modality. BIL has no word for light-sheet microscopy; its name goes to the column Other.
_TECHNIQUES = {"merfish": "MERFISH", "fmost": "fMOST", "stpt": "STPT", "confocal": "confocal microscopy"}
#: General modalities of BIL by modality; of light-sheet microscopy, it depends on the study.
_GENERAL = {"merfish": "spatial transcriptomics", "barseq": "spatial transcriptomics", "pophys": "population imaging"}
#: NCBI taxa of species, which old metadata states by name alone.
_TAXA = {
    "Mus musculus": "NCBI:txid10090",
    "Rattus norvegicus": "NCBI:txid10116",
    "Macaca mulatta": "NCBI:txid9544",
    "Homo sapiens": "NCBI:txid9606",
}
_IDENTIFIER_PREFIX = {"ORCID": "https://orcid.org/", "ROR": "https://ror.org/"}


def contributor_rows(asset: Asset) -> list[dict[str, str]]:
    """A row for each investigator."""
    description = sidecar_data(asset, "data_description.json")
    institution = description.get("institution")
    stated = description.get("investigators")
    investigators = stated if isinstance(stated, list) else []
    return [
        {
            "contributorName": name,
            "Creator": "Yes",
            "contributorType": "ProjectLeader",
            "nameType": "Personal",
            "nameIdentifier": _identifier(person),
            "nameIdentifierScheme": registry_of(person) if _identifier(person) else "",
            "affiliation": name_of(institution),
            "affiliationIdentifier": _identifier(institution),
            "affiliationIdentifierScheme": registry_of(institution),
        }
        for person in investigators
        if (name := name_of(person))
    ]


def funder_rows(asset: Asset) -> list[dict[str, str]]:
    """A row for each funding."""
    return [
        {
            "funderName": name_of(funding.get("funder")),
            "fundingReferenceIdentifier": _identifier(funding.get("funder")),
            "fundingReferenceIdentifierType": registry_of(funding.get("funder")),
            "awardNumber": text(funding.get("grant_number")),
        }
        for funding in objects(sidecar_data(asset, "data_description.json").get("funding_source"))
    ]


def dataset_rows(asset: Asset) -> list[dict[str, str]]:
    """The row of the dataset."""
    description = sidecar_data(asset, "data_description.json")
    license_ = text(description.get("license"))
    rights, uri, identifier = _LICENSES.get({"CC-BY": "CC-BY-4.0"}.get(license_, license_), ("", "", ""))
    modalities = description.get("modalities") or description.get("modality")
    stated = modalities if isinstance(modalities, list) else [modalities]
    short = [text(member(one, "abbreviation")) or text(one) for one in stated]
    names = unique(name_of(one) for one in stated)
    known = [_TECHNIQUES[one.lower()] for one in short if one.lower() in _TECHNIQUES]
    general = {_GENERAL[one.lower()] for one in short if one.lower() in _GENERAL}
    technique = known[0] if known else "other" if names else ""
    return [
        {
            "BILDirectory": asset.listing.name,
            "title": text(description.get("name")) or asset.listing.name,
            "subject": unique(text(tag) for tag in description.get("tags") or [] if isinstance(tag, str)),
            "rights": rights,
            "rightsURI": uri,
            "rightsIdentifier": identifier,
            "GeneralModality": "multimodal" if len(general) > 1 else "".join(general),
            "Technique": technique,
            "Other": names if technique == "other" else "",
            "Abstract": text(description.get("data_summary")),
            "Methods": unique(_protocols(asset)),
        }
    ]


def specimen_rows(asset: Asset) -> list[dict[str, str]]:
    """The row of the specimen. Its age is that at the perfusion, or at the acquisition of a living animal."""
    subject = sidecar_data(asset, "subject.json")
    details = subject.get("subject_details")
    details = details if isinstance(details, dict) else subject
    species = details.get("species")
    born, fixed = read_date(details.get("date_of_birth")), _date_of_perfusion(asset)
    age = (fixed - born).days if born and fixed and fixed >= born else None
    acquisition = sidecar_data(asset, "acquisition.json")
    return [
        {
            "LocalID": text(subject.get("subject_id")),
            "Species": name_of(species),
            "NCBITaxonomy": text(member(species, "registry_identifier")) or _TAXA.get(name_of(species), ""),
            "Age": "" if age is None else str(age),
            "Ageunit": "" if age is None else "days",
            "Sex": text(details.get("sex")).capitalize(),
            "Genotype": text(details.get("genotype")),
            "OrganName": "brain",
            "SampleLocalID": text(acquisition.get("specimen_id")) or unique(_specimens(asset)),
        }
    ]


def _identifier(value: Any) -> str:
    """The identifier of a person or an organization, as an address."""
    identifier = text(member(value, "registry_identifier"))
    if not identifier or "/" in identifier:
        return identifier
    return _IDENTIFIER_PREFIX.get(registry_of(value), "") + identifier


def _date_of_perfusion(asset: Asset) -> date | None:
    for procedure in objects(sidecar_data(asset, "procedures.json").get("subject_procedures")):
        steps = [procedure, *objects(procedure.get("procedures"))]
        if any("Perfusion" in (step.get("procedure_type"), step.get("object_type")) for step in steps):
            return read_date(procedure.get("start_date"))
    return None


def _specimens(asset: Asset) -> Iterator[str]:
    """The specimens that procedures name: old acquisitions do not."""
    procedures = sidecar_data(asset, "procedures.json")
    yield from (text(step.get("specimen_id")) for step in objects(procedures.get("specimen_procedures")))
    for step in objects(procedures.get("subject_procedures")):
        stated = step.get("output_specimen_ids")
        yield from (text(one) for one in (stated if isinstance(stated, list) else []))


def _protocols(asset: Asset) -> Iterator[str]:
    """The addresses of the protocols of all procedures."""
    procedures = sidecar_data(asset, "procedures.json")
    for step in [*objects(procedures.get("subject_procedures")), *objects(procedures.get("specimen_procedures"))]:
        stated = step.get("protocol_id")
        yield from (text(one) for one in (stated if isinstance(stated, list) else [stated]) if "/" in text(one))
