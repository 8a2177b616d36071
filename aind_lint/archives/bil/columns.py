"""The tabs of a BIL metadata sheet: columns, which of them must be filled, and with which words.

Source: the metadata template and the checks of the submission portal, https://submit.brainimagelibrary.org/. The portal
compares the names of columns letter by letter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: Its heading.
        required: Whether the portal refuses a row without a value.
        values: The words that the portal accepts; empty for any text.
        source: The field of the sidecars that holds the value; None if no field does.
        follows: The column without whose value this one has none.
    """

    name: str
    required: bool = False
    values: tuple[str, ...] = ()
    source: str | None = None
    follows: str | None = None


@dataclass(frozen=True)
class Tab:
    """A tab of the sheet.

    Attributes:
        name: Its name.
        columns: Its columns.
        heading_row: The row of the headings in a workbook, from 1.
        required: Whether a sheet without a row in this tab is refused.
    """

    name: str
    columns: tuple[Column, ...]
    heading_row: int = 4
    required: bool = True


#: The first row of a workbook with values; the rows above it explain the columns.
FIRST_ROW = 7
#: Version of the template.
SHEET_VERSION = 3

_IDENTIFIERS = ("ORCID", "ISNI", "ROR", "GRID", "RRID")
_DIRECTIONS = (
    *("right-to-left", "left-to-right", "anterior-to-posterior", "posterior-to-anterior"),
    *("superior-to-inferior", "inferior-to-superior", "oblique", "NA"),
)
_CONTRIBUTOR_TYPES = (
    *("ProjectLeader", "ResearchGroup", "ContactPerson", "DataCollector", "DataCurator", "ProjectManager"),
    *("ProjectMember", "RelatedPerson", "Researcher", "Other"),
)
_MODALITIES = (
    *("cell morphology", "connectivity", "population imaging", "spatial transcriptomics", "other", "anatomy"),
    *("histology imaging", "multimodal"),
)
_TECHNIQUES = (
    *("anterograde tracing", "retrograde transynaptic tracing", "TRIO tracing", "smFISH", "DARTFISH", "MERFISH"),
    *("Patch-seq", "fMOST", "other", "cre-dependent anterograde tracing", "enhancer virus labeling", "FISH"),
    *("MORF genetic sparse labeling", "mouselight", "neuron morphology reconstruction", "retrograde tracing"),
    *("retrograde transsynaptic tracing", "seqFISH", "STPT", "VISor", "confocal microscopy"),
)

TABS = (
    Tab(
        "Contributors",
        (
            Column("contributorName", True, source="data_description.json /investigators"),
            Column("Creator", True, ("Yes", "No"), follows="contributorName"),
            Column("contributorType", True, _CONTRIBUTOR_TYPES, follows="contributorName"),
            Column("nameType", True, ("Personal", "Organizational"), follows="contributorName"),
            Column(
                "nameIdentifier", True, source="data_description.json /investigators/…/registry_identifier (the ORCID)"
            ),
            Column(
                "nameIdentifierScheme",
                True,
                _IDENTIFIERS,
                "data_description.json /investigators/…/registry",
                follows="nameIdentifier",
            ),
            Column("affiliation", True, source="data_description.json /institution"),
            Column("affiliationIdentifier", True, source="data_description.json /institution/registry_identifier"),
            Column(
                "affiliationIdentifierScheme",
                True,
                _IDENTIFIERS,
                "data_description.json /institution/registry",
                follows="affiliationIdentifier",
            ),
        ),
        heading_row=3,
    ),
    Tab(
        "Funders",
        (
            Column("funderName", True, source="data_description.json /funding_source/…/funder"),
            Column(
                "fundingReferenceIdentifier",
                True,
                source="data_description.json /funding_source/…/funder/registry_identifier",
            ),
            Column(
                "fundingReferenceIdentifierType",
                True,
                ("ROR", "GRID", "ORCID", "ISNI"),
                "data_description.json /funding_source/…/funder/registry",
                follows="fundingReferenceIdentifier",
            ),
            Column("awardNumber", True, source="data_description.json /funding_source/…/grant_number"),
            Column("awardTitle", True),
        ),
    ),
    Tab(
        "Publication",
        tuple(map(Column, ("relatedIdentifier", "relatedIdentifierType", "PMCID", "relationType", "citation"))),
        required=False,
    ),
    Tab(
        "Instrument",
        (
            Column("MicroscopeType", True, source="instrument.json /instrument_type (1.x) or /modalities (2.x)"),
            *map(
                Column,
                (
                    *("MicroscopeManufacturerAndModel", "ObjectiveName", "ObjectiveImmersion", "ObjectiveNA"),
                    *("ObjectiveMagnification", "DetectorType", "DetectorModel", "IlluminationTypes"),
                    *("IlluminationWavelength", "DetectionWavelength", "SampleTemperature"),
                ),
            ),
        ),
    ),
    Tab(
        "Dataset",
        (
            Column("BILDirectory", True, source="the name of the asset"),
            Column("title", True, source="data_description.json /name"),
            *map(Column, ("socialMedia", "subject", "Subjectscheme")),
            Column("rights", True, source="data_description.json /license"),
            Column("rightsURI", True, source="data_description.json /license", follows="rights"),
            Column("rightsIdentifier", True, source="data_description.json /license", follows="rights"),
            Column("Image"),
            Column("GeneralModality", values=_MODALITIES),
            Column("Technique", True, _TECHNIQUES, "data_description.json /modalities (2.x) or /modality (1.x)"),
            Column("Other"),
            Column("Abstract", True, source="data_description.json /data_summary"),
            *map(Column, ("Methods", "TechnicalInfo")),
        ),
    ),
    Tab(
        "Specimen",
        (
            Column("LocalID", source="subject.json /subject_id"),
            Column("Species", True, source="subject.json /species (1.x) or /subject_details/species (2.x)"),
            Column("NCBITaxonomy", True, source="registry_identifier of the species in subject.json"),
            Column(
                "Age",
                True,
                source="date_of_birth in subject.json, and the date of the perfusion in procedures.json",
            ),
            Column("Ageunit", True, source="date_of_birth in subject.json", follows="Age"),
            Column("Sex", True, ("Male", "Female", "Unknown"), "sex in subject.json"),
            *map(Column, ("Genotype", "OrganLocalID", "OrganName")),
            Column("SampleLocalID", True, source="acquisition.json /specimen_id"),
            *map(Column, ("Atlas", "Locations")),
        ),
    ),
    Tab(
        "Image",
        (
            *(
                column
                for axis in "XYZ"
                for column in (
                    Column(
                        f"{axis.lower()}Axis",
                        True,
                        _DIRECTIONS,
                        "acquisition.json /axes (1.x) or /coordinate_system/axes (2.x)",
                        follows=None if axis == "X" else "xAxis",
                    ),
                    *(Column(f"oblique{axis}dim{number}") for number in (1, 2, 3)),
                )
            ),
            *map(Column, ("landmarkName", "landmarkX", "landmarkY", "landmarkZ")),
            Column("Number", True, source="the channels in acquisition.json"),
            Column("displayColor", True),
            *map(Column, ("Representation", "Flurophore")),
            Column("stepSizeX", True, source="the scale of the tiles (1.x) or images (2.x) in acquisition.json"),
            Column("stepSizeY", True, source="the scale in acquisition.json", follows="stepSizeX"),
            *map(
                Column,
                (
                    *("stepSizeZ", "stepSizeT", "Channels", "Slices", "z", "Xsize", "Ysize", "Zsize", "Gbytes"),
                    *("Files", "DimensionOrder"),
                ),
            ),
        ),
    ),
)
